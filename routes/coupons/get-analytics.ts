import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CouponAnalytics, CouponAnalyticsQuery } from '#schemas/coupon-reports.ts';
import { CouponParams } from '#schemas/coupons.ts';
import { ok, success } from '#schemas/envelope.ts';
import { getAnalytics } from '#src/coupons/get-analytics.ts';

export const getAnalyticsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/:couponId/analytics',
    {
      schema: {
        operationId: 'getAnalytics',
        tags: ['Coupons'],
        summary: 'How a coupon is used',
        description:
          "Claims, redemptions, what was given back, discounts and revenue, in total and over time in the brand's time zone: at most 1,000 points. A payment with several coupons is revenue of each.",
        params: CouponParams,
        querystring: CouponAnalyticsQuery,
        response: { 200: success(CouponAnalytics) },
      },
    },
    async (request) => ok(await getAnalytics(request.ctx, { ...request.params, ...request.query })),
  );
};
