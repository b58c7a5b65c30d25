import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Referral, ReferralParams } from '#schemas/referral-conversions.ts';
import { REVIEW_DECIDED } from '#src/referrals/errors.ts';
import { reviewReferral } from '#src/referrals/review-referral.ts';

export const rejectReferralRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/signups/:referralId/reject',
    {
      config: { errors: [REVIEW_DECIDED] },
      schema: {
        operationId: 'rejectReferral',
        tags: ['Referrals'],
        summary: 'Reject a suspicious sign-up',
        description: 'It does not count, and nothing that it brings does.',
        params: ReferralParams,
        response: { 200: success(Referral) },
      },
    },
    async (request) => ok(await reviewReferral(request.ctx, { ...request.params, verdict: 'rejected' })),
  );
};
