import type { CouponReason } from '#schemas/coupons.ts';
import { type Cart, type Line, takeOff } from './discount-rules.ts';
import { decideEligibility, type MissingFacts, type Question, type Terms } from './rules.ts';

type OrderLine = { productId: string | null; quantity: number; unitAmount: number; amount: number };

/** An order as the rules of coupons see it. */
export function cartOf(order: { items: readonly OrderLine[]; subtotal: number; currency: string }): Cart {
  const { items, subtotal, currency } = order;
  const lines = items.map(({ productId, quantity, unitAmount, amount: left }) => ({
    productId,
    quantity,
    unitAmount,
    left,
  }));
  return { currency, subtotal, productIds: items.flatMap(({ productId }) => productId ?? []), lines };
}

export type Candidate = { terms: Terms & { id: string }; question: Omit<Question, 'cart'> };
export type Applied = { index: number; discount: number };
export type StackDecision =
  | { ok: true; applied: Applied[]; skipped: number[]; discount: number }
  | { ok: false; index: number; reasons: CouponReason[]; missing: MissingFacts };

/**
 * Several coupons on one cart (CP8): in the order in which they are named, each on what is left. Those that cannot be used
 * together are refused; one that takes nothing off is not used up.
 */
export function decideStack(candidates: readonly Candidate[], cart: Cart): StackDecision {
  const applied: Applied[] = [];
  const skipped: number[] = [];
  const seen = new Set<string>();
  let now = cart;
  for (const [index, { terms, question }] of candidates.entries()) {
    const { reasons, missing, discount } = decideEligibility(terms, { ...question, cart: now });
    const isAlone = candidates.length === 1;
    const clashes: CouponReason[] = (isAlone || terms.stackable) && !seen.has(terms.id) ? [] : ['NOT_STACKABLE'];
    const all = [...reasons, ...clashes];
    if (all.length > 0) return { ok: false, index, reasons: all, missing };
    seen.add(terms.id);
    if (discount === null || discount === 0) skipped.push(index);
    else {
      applied.push({ index, discount });
      now = afterDiscount(now, { terms, discount });
    }
  }
  return { ok: true, applied, skipped, discount: applied.reduce((sum, one) => sum + one.discount, 0) };
}

function afterDiscount(cart: Cart, { terms, discount }: { terms: Terms; discount: number }): Cart {
  if (cart.lines !== null) return { ...cart, lines: takeOff(terms, cart.lines, discount) as Line[] };
  return { ...cart, left: (cart.left ?? cart.subtotal ?? 0) - discount };
}
