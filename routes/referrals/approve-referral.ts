import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Referral, ReferralParams } from '#schemas/referral-conversions.ts';
import { REVIEW_DECIDED } from '#src/referrals/errors.ts';
import { reviewReferral } from '#src/referrals/review-referral.ts';

export const approveReferralRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/signups/:referralId/approve',
    {
      config: { errors: [REVIEW_DECIDED] },
      schema: {
        operationId: 'approveReferral',
        tags: ['Referrals'],
        summary: 'Approve a suspicious sign-up',
        description:
          'It counts, with all that it has brought since; rewards wait for the end of their hold. Where the limits of the month in which it came, or in all, are reached meanwhile, the referrer gets nothing for it: `explain` says which.',
        params: ReferralParams,
        response: { 200: success(Referral) },
      },
    },
    async (request) => ok(await reviewReferral(request.ctx, { ...request.params, verdict: 'attributed' })),
  );
};
