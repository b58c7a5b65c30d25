import { findCoupon } from '#db/queries/coupons.ts';
import type { Coupon } from '#schemas/coupons.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentCoupon } from './present-coupon.ts';

/** One coupon, archived or not. */
export async function getCoupon(ctx: Ctx, key: { tenantId: string; couponId: string }): Promise<Coupon> {
  const row = await findCoupon(ctx.db, key);
  if (!row) throw new AppError(NOT_FOUND);
  return presentCoupon(row);
}
