import type { Db } from '#db/client.ts';
import type { AskedCoupon, PaymentCoupon, PaymentItem } from '#schemas/payments.ts';
import { COUPON_NOT_ELIGIBLE } from '../../coupons/errors.ts';
import { cartOf } from '../../coupons/order-rules.ts';
import { loadShopper, type Shopper } from '../../coupons/steps/load-coupons.ts';
import { type PlannedUse, planUse } from '../../coupons/steps/reserve-coupons.ts';
import { resolveCoupons } from '../../coupons/steps/resolve-coupons.ts';
import { AppError } from '../../lib/errors.ts';

type Applying = {
  tenantId: string;
  userId: string;
  asked: readonly AskedCoupon[];
  priced: { items: PaymentItem[]; subtotal: number; currency: string };
  now: Date;
};
export type AppliedCoupons = { discount: number; plan: PlannedUse[]; coupons: PaymentCoupon[]; shopper: Shopper };

/** What the coupons that a buyer names take off their order: all of them can be used, or it is refused. */
export async function applyCoupons(tx: Db, applying: Applying): Promise<AppliedCoupons> {
  const { tenantId, userId, asked, priced, now } = applying;
  const shopper = await loadShopper(tx, { tenantId, userId, now });
  const isInsider = shopper.member?.isMember ?? false;
  const resolved = await resolveCoupons(tx, { shopper, asked, cart: cartOf(priced), isInsider });
  if (!resolved.ok) {
    const { reasons, missing, index } = resolved;
    throw new AppError(COUPON_NOT_ELIGIBLE, { reasons, missing, index });
  }
  const plan = resolved.applied.flatMap(({ index, discount }) => {
    const state = resolved.states[index];
    return state ? [planUse({ state, shopper, userId, discount })] : [];
  });
  const coupons = plan.map(({ state, claim, discount }) => {
    const code = state.code?.code ?? claim.code;
    return { couponId: state.coupon.id, claimId: claim.id, code, discount };
  });
  return { discount: resolved.discount, plan, coupons, shopper };
}
