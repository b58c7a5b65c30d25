import { activeDiscounts, discountLines } from './discounts.ts';
import { amountOf, type LineDraft } from './invoice-lines.ts';
import type { Session } from './session.ts';
import type { Subscription, SubscriptionItem } from './types.ts';

type Change = { before: Subscription; next: Subscription; at: number; isReset: boolean };

/** The unused rest of what changes comes back, and the new price is owed for as long; with a new period, not the latter. */
export function prorationLines(session: Session, { before, next, at, isReset }: Change): LineDraft[] {
  const later = new Map(next.items.data.map((item) => [item.id, item]));
  const earlier = new Map(before.items.data.map((item) => [item.id, item]));
  const isSame = (one: SubscriptionItem, other?: SubscriptionItem) =>
    other !== undefined && one.price.id === other.price.id && one.quantity === other.quantity;
  const gone = before.items.data.filter((item) => isReset || !isSame(item, later.get(item.id)));
  const come = isReset ? [] : next.items.data.filter((item) => !isSame(item, earlier.get(item.id)));
  return [
    ...gone.map((item) => rest(session, { item, at, sign: -1, subscription: before })),
    ...come.map((item) => rest(session, { item, at, sign: 1, subscription: next })),
  ];
}

type Rest = { item: SubscriptionItem; at: number; sign: 1 | -1; subscription: Subscription };

function rest(session: Session, { item, at, sign, subscription }: Rest): LineDraft {
  const { current_period_start: start, current_period_end: end, price, quantity } = item;
  const share = end > start ? Math.max(0, end - at) / (end - start) : 0;
  const whole = { amount: amountOf(item), product: price.product, isDiscountable: true };
  const discounts = activeDiscounts(session, subscription.discounts);
  const off =
    discountLines(session, { discounts, lines: [whole] })[0]?.reduce((sum, { amount }) => sum + amount, 0) ?? 0;
  const what = `${sign < 0 ? 'Unused' : 'Remaining'} time on ${quantity} × ${price.nickname ?? price.product}`;
  return {
    amount: sign * Math.round((whole.amount - off) * share),
    description: `${what} after ${new Date(at * 1000).toUTCString().slice(5, 16)}`,
    price,
    quantity,
    period: { start: at, end },
    item: item.id,
    isProration: true,
    isDiscountable: false,
  };
}
