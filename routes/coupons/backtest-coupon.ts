import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Backtest } from '#schemas/coupon-reports.ts';
import { CreateCouponBody } from '#schemas/coupons.ts';
import { ok, success } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { backtestCoupon } from '#src/coupons/backtest-coupon.ts';

export const backtestCouponRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:tenantId/backtest',
    {
      schema: {
        operationId: 'backtestCoupon',
        tags: ['Coupons'],
        summary: 'What a coupon would have cost',
        description:
          'For a draft, as it would be made: what it would have done with the payments of the last 30 days, had everybody used it who could. Its limits count in order of time; when it begins and ends, and whether it is active, is left aside. Members are taken with their tier of now. Subscriptions are not among the payments. Nothing is written.',
        params: TenantParams,
        body: CreateCouponBody,
        response: { 200: success(Backtest) },
      },
    },
    async (request) => ok(await backtestCoupon(request.ctx, { ...request.params, body: request.body })),
  );
};
