import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Coupon, CouponParams } from '#schemas/coupons.ts';
import { ok, success } from '#schemas/envelope.ts';
import { getCoupon } from '#src/coupons/get-coupon.ts';

export const getCouponRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/:couponId',
    {
      schema: {
        operationId: 'getCoupon',
        tags: ['Coupons'],
        summary: 'One coupon',
        params: CouponParams,
        response: { 200: success(Coupon) },
      },
    },
    async (request) => ok(await getCoupon(request.ctx, request.params)),
  );
};
