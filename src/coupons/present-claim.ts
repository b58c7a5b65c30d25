import type { ClaimRow } from '#db/queries/coupon-claims.ts';
import type { CouponClaim } from '#schemas/coupon-claims.ts';

export function presentClaim(row: ClaimRow): CouponClaim {
  const { id, tenantId, couponId, userId, code, status, claimedAt, expiresAt, paymentId } = row;
  const { subscriptionId, subtotal, discount, currency, redeemedAt, releasedAt, releaseReason } = row;
  const who = { id, tenantId, couponId, userId, code, status, claimedAt, expiresAt, paymentId, subscriptionId };
  return { ...who, subtotal, discount, currency, redeemedAt, releasedAt, releaseReason };
}
