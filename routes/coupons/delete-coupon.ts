import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CouponParams, DeletedCoupon } from '#schemas/coupons.ts';
import { ok, success } from '#schemas/envelope.ts';
import { deleteCoupon } from '#src/coupons/delete-coupon.ts';

export const deleteCouponRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/:tenantId/:couponId',
    {
      schema: {
        operationId: 'deleteCoupon',
        tags: ['Coupons'],
        summary: 'Remove a coupon',
        description:
          'One that was ever used is archived: nobody can use it any more, its history stays, its code is free.',
        params: CouponParams,
        response: { 200: success(DeletedCoupon) },
      },
    },
    async (request) => ok(await deleteCoupon(request.ctx, request.params)),
  );
};
