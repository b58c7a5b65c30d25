import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Coupon, CouponParams, UpdateCouponBody } from '#schemas/coupons.ts';
import { ok, success } from '#schemas/envelope.ts';
import { COUPON_EXTERNAL_ID_TAKEN, COUPON_IN_USE } from '#src/coupons/errors.ts';
import { updateCoupon } from '#src/coupons/update-coupon.ts';

export const updateCouponRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/:tenantId/:couponId',
    {
      config: { errors: [COUPON_EXTERNAL_ID_TAKEN, COUPON_IN_USE] },
      schema: {
        operationId: 'updateCoupon',
        tags: ['Coupons'],
        summary: 'Change a coupon',
        description:
          'Kind and code stay as they are. Claims that people have are kept, at the new terms; payments keep what they were given.',
        params: CouponParams,
        body: UpdateCouponBody,
        response: { 200: success(Coupon) },
      },
    },
    async (request) => ok(await updateCoupon(request.ctx, { ...request.params, body: request.body })),
  );
};
