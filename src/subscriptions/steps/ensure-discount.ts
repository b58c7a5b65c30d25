import { findStripeCoupon, type StripeCouponRow, setCardCoupon } from '#db/queries/stripe-coupons.ts';
import type { SubscriptionRow } from '#db/queries/subscriptions.ts';
import type { SubscriptionDeps } from './sync-subscription.ts';

type Deps = Pick<SubscriptionDeps, 'db' | 'cards'>;
type Discount = { promotionId: string; couponId: string };

/** What the coupon of the subscription is at the processor, made when it is first needed. */
export async function ensureDiscount(deps: Deps, row: SubscriptionRow): Promise<Discount | null> {
  const { tenantId, stripeCouponId } = row;
  if (stripeCouponId === null) return null;
  const found = await findStripeCoupon(deps.db, { tenantId, id: stripeCouponId });
  if (!found) throw new Error('a coupon at the processor is gone');
  return make(deps, found);
}

async function make({ db, cards }: Deps, row: StripeCouponRow): Promise<Discount> {
  const { tenantId, id, couponId, terms, cardCouponId, promotionId } = row;
  if (cardCouponId !== null && promotionId !== null) return { couponId: cardCouponId, promotionId };
  const account = row.account === '' ? null : row.account;
  const metadata = { tenantId, couponId };
  const made = await cards.createCoupon({ account, idempotencyKey: `coupon-${id}`, ...terms, metadata });
  // A word of its own: on the platform's account the codes of two brands may be the same.
  const code = `TT${id.replaceAll('-', '').toUpperCase()}`;
  const key = { account, idempotencyKey: `promotion-${id}` };
  const promotion = await cards.createPromotion({ ...key, couponId: made, code, metadata });
  await setCardCoupon(db, { tenantId, id, cardCouponId: made, promotionId: promotion });
  return { couponId: made, promotionId: promotion };
}
