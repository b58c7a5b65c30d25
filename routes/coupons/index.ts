import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createCouponRoute } from './create-coupon.ts';
import { deleteCouponRoute } from './delete-coupon.ts';
import { getCouponRoute } from './get-coupon.ts';
import { listCouponsRoute } from './list-coupons.ts';
import { listPublicCouponsRoute } from './list-public-coupons.ts';
import { updateCouponRoute } from './update-coupon.ts';

export const couponRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(listPublicCouponsRoute);
  await app.register(createCouponRoute);
  await app.register(listCouponsRoute);
  await app.register(getCouponRoute);
  await app.register(updateCouponRoute);
  await app.register(deleteCouponRoute);
};
