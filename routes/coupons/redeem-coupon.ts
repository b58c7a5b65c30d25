import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { RedeemCouponBody, RedeemedCoupon } from '#schemas/coupon-claims.ts';
import { ok, success } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { CLAIM_NOT_OPEN, COUPON_NOT_ELIGIBLE, GIFT_OUT_OF_STOCK } from '#src/coupons/errors.ts';
import { redeemCoupon } from '#src/coupons/redeem-coupon.ts';

export const redeemCouponRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:tenantId/redeem',
    {
      config: { errors: [CLAIM_NOT_OPEN, COUPON_NOT_ELIGIBLE, GIFT_OUT_OF_STOCK] },
      schema: {
        operationId: 'redeemCoupon',
        tags: ['Coupons'],
        summary: 'Redeem at the till',
        description:
          'By the staff, with the code that a member shows. Answers what it takes off `amount`. A coupon for a product gives it: its holder owns it from then on.',
        params: TenantParams,
        body: RedeemCouponBody,
        response: { 201: success(RedeemedCoupon) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(ok(await redeemCoupon(request.ctx, { ...request.params, ...request.body }))),
  );
};
