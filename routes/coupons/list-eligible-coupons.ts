import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { EligibleAnswer, EligibleBody } from '#schemas/coupon-claims.ts';
import { ok, success } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listEligibleCoupons } from '#src/coupons/list-eligible-coupons.ts';
import { AMOUNT_TOO_LARGE, CURRENCY_MISMATCH, PRODUCT_UNAVAILABLE, TIER_REQUIRED } from '#src/payments/errors.ts';

export const listEligibleCouponsRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:tenantId/eligible',
    {
      config: { errors: [AMOUNT_TOO_LARGE, CURRENCY_MISMATCH, PRODUCT_UNAVAILABLE, TIER_REQUIRED] },
      schema: {
        operationId: 'listEligibleCoupons',
        tags: ['Coupons'],
        summary: 'What my cart can have',
        description:
          'The public coupons of the brand and those that the caller has claimed, each as if it were used for this cart alone: the best first, then those that cannot be used, with the reasons. It has no effect.',
        params: TenantParams,
        body: EligibleBody,
        response: { 200: success(EligibleAnswer) },
      },
    },
    async (request) => {
      const coupons = await listEligibleCoupons(request.ctx, { ...request.params, ...request.body });
      return ok({ coupons });
    },
  );
};
