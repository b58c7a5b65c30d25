import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { LinkParams, ReferralLinkAnswer, SetCodeBody } from '#schemas/referrals.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { CODE_TAKEN } from '#src/referrals/errors.ts';
import { setCode } from '#src/referrals/set-code.ts';

export const setCodeRoute: FastifyPluginAsyncZod = async (app) => {
  app.put(
    '/user/links/:linkId/code',
    {
      config: { errors: [CODE_TAKEN] },
      schema: {
        operationId: 'setReferralCode',
        tags: ['Referrals'],
        summary: 'Choose a code',
        description:
          "A code of one's own, in any case, if nobody in the whole service has it. The one that was made leads on as well.",
        params: LinkParams,
        body: SetCodeBody,
        response: { 200: success(ReferralLinkAnswer) },
      },
    },
    async (request) => ok(await setCode(userCtx(request.ctx), { ...request.params, ...request.body })),
  );
};
