import type { Db } from '#db/client.ts';
import type { ClaimRow } from '#db/queries/coupon-claims.ts';
import { findCouponState } from '#db/queries/coupon-states.ts';
import type { CouponReason } from '#schemas/coupons.ts';
import { NO_CART } from '../discount-rules.ts';
import { decideEligibility } from '../rules.ts';
import { expireOverdue } from './expire-overdue.ts';
import { loadShopper, questionOf } from './load-coupons.ts';
import { takeClaim } from './take-claim.ts';
import { TakenMeanwhile } from './taken-meanwhile.ts';

type Granting = { tenantId: string; userId: string; couponId: string; expiresAt: Date; now: Date };
export type Granted = { ok: true; claim: ClaimRow } | { ok: false; reasons: CouponReason[] };

/** A claim that the brand gives, in the transaction of its cause: by the one rule, but at any hour. Nothing is taken when it is refused. */
export async function grantClaim(tx: Db, { tenantId, userId, couponId, expiresAt, now }: Granting): Promise<Granted> {
  const shopper = await loadShopper(tx, { tenantId, userId, now });
  const seen = await findCouponState(tx, { ...shopper, couponId });
  if (seen && seen.overdue > 0) await expireOverdue(tx, { tenantId, couponId, userId, now });
  const state = seen && seen.overdue > 0 ? await findCouponState(tx, { ...shopper, couponId }) : seen;
  if (!state) return { ok: false, reasons: ['NOT_FOUND'] };
  const question = questionOf(state, { shopper, purpose: 'claim', cart: NO_CART });
  const { reasons: all } = decideEligibility(state.coupon, question);
  const reasons = all.filter((reason) => reason !== 'OUTSIDE_WINDOW');
  if (reasons.length > 0) return { ok: false, reasons };
  try {
    const taking = { state, shopper, expiresAt };
    return { ok: true, claim: await tx.transaction((step) => takeClaim(step as unknown as Db, taking)) };
  } catch (error) {
    if (error instanceof TakenMeanwhile) return { ok: false, reasons: [error.reason] };
    throw error;
  }
}
