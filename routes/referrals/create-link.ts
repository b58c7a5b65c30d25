import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CreateLinkBody, ReferralLinkAnswer } from '#schemas/referrals.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { createLink } from '#src/referrals/create-link.ts';

export const createLinkRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/user/links',
    {
      schema: {
        operationId: 'createReferralLink',
        tags: ['Referrals'],
        summary: 'My link',
        description: 'The same every time: one for each campaign, and one without.',
        body: CreateLinkBody,
        response: { 200: success(ReferralLinkAnswer) },
      },
    },
    async (request) => ok(await createLink(userCtx(request.ctx), request.body)),
  );
};
