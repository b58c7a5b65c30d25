import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { CouponValidation, ValidateCouponBody } from '#schemas/subscriptions.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { priceOrder } from './steps/price-order.ts';

/** What a coupon would take off, without taking it. A brand without coupons knows no code. */
export async function validateCoupon(ctx: Ctx, body: ValidateCouponBody): Promise<CouponValidation> {
  const { tenantId } = body;
  if (!(await findPublicTenantById(ctx.db, tenantId))) throw new AppError(NOT_FOUND);
  const total = await totalOf(ctx, body);
  return { valid: false, reason: 'NOT_FOUND', coupon: null, discount: null, total };
}

async function totalOf(ctx: Ctx, { tenantId, items, amount, currency }: ValidateCouponBody) {
  if (items === undefined) return amount === undefined || currency === undefined ? null : { amount, currency };
  const userId = ctx.actor.type === 'user' ? ctx.actor.userId : null;
  const order = await priceOrder(ctx.db, { tenantId, userId, items, now: ctx.clock.now() });
  return { amount: order.subtotal, currency: order.currency };
}
