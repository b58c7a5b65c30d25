import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { LinkParams, ReferralLinkAnswer, SetCodeBody } from '#schemas/referrals.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { CODE_LIMIT, CODE_TAKEN } from '#src/referrals/errors.ts';
import { setCode } from '#src/referrals/set-code.ts';

export const setCodeRoute: FastifyPluginAsyncZod = async (app) => {
  app.put(
    '/user/links/:linkId/code',
    {
      config: { errors: [NOT_FOUND, CODE_TAKEN, CODE_LIMIT] },
      schema: {
        operationId: 'setReferralCode',
        tags: ['Referrals'],
        summary: 'Choose a code',
        description:
          "A code of one's own, in any case, if nobody in the whole service has it or had it. The one that was made leads on as well, and so do those chosen before: they are nobody else's, and can be chosen again, also for another link of one's own with the brand, to which they lead then. A link has five chosen ones at most.",
        params: LinkParams,
        body: SetCodeBody,
        response: { 200: success(ReferralLinkAnswer) },
      },
    },
    async (request) => ok(await setCode(userCtx(request.ctx), { ...request.params, ...request.body })),
  );
};
