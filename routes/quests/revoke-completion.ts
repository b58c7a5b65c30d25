import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Completion, CompletionParams, RevokeCompletionBody } from '#schemas/quest-progress.ts';
import { NOT_COMPLETED } from '#src/quests/errors.ts';
import { revokeCompletion } from '#src/quests/revoke-completion.ts';

export const revokeCompletionRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/:questId/completions/:completionId/revoke',
    {
      config: { errors: [NOT_COMPLETED] },
      schema: {
        operationId: 'revokeQuestCompletion',
        tags: ['Quests'],
        summary: 'Take a completion back',
        description:
          'With all that it gave, once: points (the balance may then be below 0), claims of coupons that are not used, products, lent tiers, and what other quests have counted for it.',
        params: CompletionParams,
        body: RevokeCompletionBody,
        response: { 200: success(Completion) },
      },
    },
    async (request) => ok(await revokeCompletion(request.ctx, { ...request.params, ...request.body })),
  );
};
