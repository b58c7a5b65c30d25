import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CouponValidation, ValidateCouponBody } from '#schemas/subscriptions.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { AMOUNT_TOO_LARGE, CURRENCY_MISMATCH, PRODUCT_UNAVAILABLE, TIER_REQUIRED } from '#src/payments/errors.ts';
import { validateCoupon } from '#src/payments/validate-coupon.ts';

export const validateCouponRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/coupons/validate',
    {
      config: { errors: [AMOUNT_TOO_LARGE, CURRENCY_MISMATCH, NOT_FOUND, PRODUCT_UNAVAILABLE, TIER_REQUIRED] },
      schema: {
        operationId: 'validateCoupon',
        tags: ['Stripe'],
        summary: 'What a coupon would take off',
        description: 'It has no effect: nothing is claimed or used up.',
        body: ValidateCouponBody,
        response: { 200: success(CouponValidation) },
      },
    },
    async (request) => ok(await validateCoupon(request.ctx, request.body)),
  );
};
