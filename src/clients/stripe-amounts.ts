import { CardRefused } from './card-payments.ts';

/** Without decimals in ISO 4217, and with two in Stripe's API, which wants whole units all the same. */
const TWO_MORE = new Set(['ISK', 'UGX']);
/** With two decimals in ISO 4217, and none at Stripe. */
const TWO_FEWER = new Set(['MGA']);

/** Our minor units, which are those of ISO 4217, as Stripe counts them. */
export function toStripeAmount(amount: number, currency: string): number {
  const code = currency.toUpperCase();
  if (TWO_MORE.has(code)) return amount * 100;
  if (!TWO_FEWER.has(code)) return amount;
  if (amount % 100 === 0) return amount / 100;
  const message = `Amounts in ${code} must be evenly divisible by 100.`;
  throw new CardRefused({ code: 'invalid_charge_amount', param: 'amount', declineCode: null, message });
}

export function fromStripeAmount(amount: number, currency: string): number {
  const code = currency.toUpperCase();
  if (TWO_FEWER.has(code)) return amount * 100;
  return TWO_MORE.has(code) ? Math.round(amount / 100) : amount;
}
