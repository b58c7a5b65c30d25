import type { Db } from '#db/client.ts';
import { findCouponForShare, type Terms } from '#db/queries/coupons.ts';
import { AppError, NOT_FOUND } from '../../lib/errors.ts';

/** A coupon of the brand that is not archived, nor will be until the transaction ends. */
export async function requireCoupon(tx: Db, key: { tenantId: string; couponId: string }): Promise<Terms> {
  const coupon = await findCouponForShare(tx, key);
  if (!coupon || coupon.archivedAt !== null) throw new AppError(NOT_FOUND);
  return coupon;
}
