import type { CouponBudget, CouponKind, MoneyOptions } from '#schemas/coupons.ts';
import { stepOf } from '../lib/currencies.ts';

/** A line of the cart, with what earlier coupons have left of it. */
export type Line = { productId: string | null; quantity: number; unitAmount: number; left: number };
/**
 * What is known of what somebody buys: null is not known. At the till there are no lines, and before a claim there is
 * nothing at all.
 */
export type Cart = {
  currency: string | null;
  subtotal: number | null;
  productIds: readonly string[] | null;
  lines: readonly Line[] | null;
  /** Of a cart without lines: what earlier coupons have left. */
  left?: number;
};
export const NO_CART: Cart = { currency: null, subtotal: null, productIds: null, lines: null };

export type MoneyTerms = {
  kind: CouponKind;
  percentOff: number | null;
  amountOff: number | null;
  currency: string | null;
  currencyOptions: Readonly<Record<string, MoneyOptions>>;
  productId: string | null;
  maxDiscount: number | null;
  minSubtotal: number | null;
  productIds: readonly string[];
  budgets: readonly CouponBudget[];
};

/** The sums of a coupon in a currency; null where it has none for it. */
export function sumsIn(terms: MoneyTerms, currency: string): MoneyOptions | null {
  const { kind, amountOff, maxDiscount, minSubtotal } = terms;
  const own = { amountOff, maxDiscount, minSubtotal };
  const isPlain = kind !== 'amount' && maxDiscount === null && minSubtotal === null;
  const option = Object.hasOwn(terms.currencyOptions, currency) ? terms.currencyOptions[currency] : undefined;
  const sums = currency === terms.currency ? own : (option ?? (isPlain ? own : null));
  if (!sums || (kind === 'amount' && sums.amountOff === null)) return null;
  // A sum that is limited in some currencies alone is not given away in others.
  const limited = terms.budgets.filter(({ measure }) => measure === 'discount');
  return limited.length === 0 || limited.some((one) => one.currency === currency) ? sums : null;
}

/** What the coupon may take from: the sum of the lines that it is for; null when the cart does not tell. */
export function baseOf({ kind, productId, productIds }: MoneyTerms, cart: Cart): number | null {
  if (cart.lines !== null) {
    const sum = (lines: readonly Line[]) => lines.reduce((total, { left }) => total + left, 0);
    if (kind !== 'product') return sum(cart.lines.filter((line) => isFor(productIds, line.productId)));
    // One of it is free.
    const line = cart.lines.find((one) => one.productId === productId);
    return line ? Math.min(line.unitAmount, line.left) : 0;
  }
  if (kind === 'product' || cart.subtotal === null) return null;
  // At the till its staff say what that costs which the coupon is for.
  const isAll = cart.productIds === null || cart.productIds.every((id) => isFor(productIds, id));
  return isAll ? (cart.left ?? cart.subtotal) : null;
}

export function isFor(productIds: readonly string[], productId: string | null): boolean {
  return productIds.length === 0 || (productId !== null && productIds.includes(productId));
}

/**
 * What a coupon takes off, in minor units: never more than there is, and rounded down, so that no rounding costs the brand.
 * Null when the cart does not tell.
 */
export function computeDiscount(terms: MoneyTerms, cart: Cart): number | null {
  const { currency } = cart;
  const sums = currency === null ? null : sumsIn(terms, currency);
  const base = baseOf(terms, cart);
  if (currency === null || sums === null || base === null) return null;
  const hundredths = Math.round((terms.percentOff ?? 0) * 100);
  const off = {
    percent: () => Math.floor((base * hundredths) / 10_000),
    amount: () => sums.amountOff ?? 0,
    product: () => base,
  };
  const wanted = Math.min(off[terms.kind](), base, sums.maxDiscount ?? base);
  const step = stepOf(currency);
  return wanted - (wanted % step);
}

/** The lines after a discount, which is spread over those that it is for in proportion to what is left of each. */
export function takeOff(terms: MoneyTerms, lines: readonly Line[], discount: number): Line[] {
  const { kind, productId, productIds } = terms;
  const isMeant = (line: Line) =>
    kind === 'product' ? line.productId === productId : isFor(productIds, line.productId);
  const total = lines.reduce((sum, line) => (isMeant(line) ? sum + line.left : sum), 0);
  let [open, rest] = [total, discount];
  return lines.map((line) => {
    if (!isMeant(line) || open === 0) return line;
    // Of what is left each time, so that all shares together are the discount, and none exceeds its line.
    const share = Math.ceil((rest * line.left) / open);
    open -= line.left;
    rest -= share;
    return { ...line, left: line.left - share };
  });
}
