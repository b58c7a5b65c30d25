import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { ReferralAnalytics, ReferralAnalyticsQuery } from '#schemas/referral-analytics.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { getReferralAnalytics } from '#src/referrals/get-analytics.ts';

export const getReferralAnalyticsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/brand/analytics',
    {
      schema: {
        operationId: 'getReferralAnalytics',
        tags: ['Referrals'],
        summary: 'How referrals do',
        description:
          "Clicks, sign-ups, conversions, revenue and what was given for them, in total, over time, and by referrer, source, device and country: whole days of the brand's time zone, at most 1,000 points. What stands now is counted, at once: a conversion that is reversed leaves the day on which it was made.",
        querystring: ReferralAnalyticsQuery,
        response: { 200: success(ReferralAnalytics) },
      },
    },
    async (request) =>
      ok(await getReferralAnalytics(request.ctx, { ...request.query, tenantId: tenantOf(request.ctx) })),
  );
};
