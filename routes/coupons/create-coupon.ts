import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Coupon, CreateCouponBody } from '#schemas/coupons.ts';
import { ok, success } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { createCoupon } from '#src/coupons/create-coupon.ts';
import { COUPON_CODE_TAKEN, COUPON_EXTERNAL_ID_TAKEN } from '#src/coupons/errors.ts';

export const createCouponRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:tenantId',
    {
      config: { errors: [COUPON_CODE_TAKEN, COUPON_EXTERNAL_ID_TAKEN] },
      schema: {
        operationId: 'createCoupon',
        tags: ['Coupons'],
        summary: 'Make a coupon',
        description:
          'Of kind `percent`, `amount` or `product`: the kind says which of `percentOff`, `amountOff` and `productId` it has. Without a `code` it is used by claims, or by codes for one person each. It is secret unless `public`.',
        params: TenantParams,
        body: CreateCouponBody,
        response: { 201: success(Coupon) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(ok(await createCoupon(request.ctx, { ...request.params, body: request.body }))),
  );
};
