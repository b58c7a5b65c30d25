import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Eligibility, EligibilityQuery } from '#schemas/coupon-claims.ts';
import { CouponParams } from '#schemas/coupons.ts';
import { ok, success } from '#schemas/envelope.ts';
import { checkEligibility } from '#src/coupons/check-eligibility.ts';

export const checkEligibilityRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/:couponId/eligibility',
    {
      schema: {
        operationId: 'checkEligibility',
        tags: ['Coupons'],
        summary: 'Whether I may have a coupon',
        description:
          'All reasons against it, and what is missing. It has no effect. Without `amount` and `productIds` nothing is asked of the cart.',
        params: CouponParams,
        querystring: EligibilityQuery,
        response: { 200: success(Eligibility) },
      },
    },
    async (request) => ok(await checkEligibility(request.ctx, { ...request.params, ...request.query })),
  );
};
