import { invalid } from './errors.ts';

const ZERO_DECIMAL = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const THREE_DECIMAL = 'bhd jod kwd omr tnd'.split(' ');

/** Stripe's least amounts, in minor units; those of the three-decimal currencies are worth about half a dollar. */
const MINIMUM: Readonly<Record<string, number>> = {
  usd: 50,
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
  bhd: 190,
  jod: 360,
  kwd: 160,
  omr: 200,
  tnd: 1600,
  krw: 700,
  vnd: 13_000,
  clp: 480,
};
const MAXIMUM = 99_999_999;

export function minimumAmount(currency: string): number {
  return MINIMUM[currency] ?? 50;
}

export function decimalsOf(currency: string): number {
  if (ZERO_DECIMAL.includes(currency)) return 0;
  return THREE_DECIMAL.includes(currency) ? 3 : 2;
}

/** `$10.00`, `¥500`, as Stripe's messages write amounts. */
export function amountText(amount: number, currency: string): string {
  const digits = decimalsOf(currency);
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amount / 10 ** digits);
}

export function readCurrency(value: string): string {
  const currency = value.toLowerCase();
  if (!Intl.supportedValuesOf('currency').includes(currency.toUpperCase())) {
    throw invalid(`Invalid currency: ${currency}.`, { param: 'currency' });
  }
  return currency;
}

/** Refuses what cannot be charged: too little, too much, or with a last digit that three-decimal cards do not carry. */
export function checkAmount(amount: number, currency: string): void {
  if (amount < 1)
    throw invalid('This value must be greater than or equal to 1.', {
      code: 'parameter_invalid_integer',
      param: 'amount',
    });
  const least = minimumAmount(currency);
  if (amount < least) {
    const message = `Amount must be at least ${amountText(least, currency)} ${currency}`;
    throw invalid(message, { code: 'amount_too_small', param: 'amount' });
  }
  if (amount > MAXIMUM) {
    const message = `Amount must be no more than ${amountText(MAXIMUM, currency)}`;
    throw invalid(message, { code: 'amount_too_large', param: 'amount' });
  }
  if (THREE_DECIMAL.includes(currency) && amount % 10 !== 0) {
    throw invalid(`Invalid amount: the last digit of an amount in ${currency} must be 0.`, { param: 'amount' });
  }
}
