import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Verification, VerifyQuery } from '#schemas/referrals.ts';
import { verifyCode } from '#src/referrals/verify-code.ts';

export const verifyCodeRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/verify',
    {
      schema: {
        operationId: 'verifyReferralCode',
        tags: ['Referrals'],
        summary: 'What an invitation is worth',
        description:
          'For whoever has a code: brand, name of the referrer, offer, or the reason why it is not valid. Signed in, also whether it is their own.',
        querystring: VerifyQuery,
        response: { 200: success(Verification) },
      },
    },
    async (request) => ok(await verifyCode(request.ctx, request.query)),
  );
};
