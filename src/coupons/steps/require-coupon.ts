import type { Db } from '#db/client.ts';
import { type CouponRow, findCoupon } from '#db/queries/coupons.ts';
import { AppError, NOT_FOUND } from '../../lib/errors.ts';

/** A coupon of the brand that is not archived. */
export async function requireCoupon(db: Db, key: { tenantId: string; couponId: string }): Promise<CouponRow> {
  const coupon = await findCoupon(db, key);
  if (!coupon || coupon.archivedAt !== null) throw new AppError(NOT_FOUND);
  return coupon;
}
