import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { ClaimAnswer } from '#schemas/quest-progress.ts';
import { QuestParams } from '#schemas/quests.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { claimQuest } from '#src/quests/claim-quest.ts';
import { ALREADY_CLAIMED, QUEST_BUSY, QUEST_NOT_ELIGIBLE } from '#src/quests/errors.ts';

export const claimQuestRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/:questId/claim',
    {
      config: { errors: [ALREADY_CLAIMED, QUEST_BUSY, QUEST_NOT_ELIGIBLE] },
      schema: {
        operationId: 'claimQuest',
        tags: ['Quests'],
        summary: 'Claim what is completed',
        description:
          'Gives the rewards of the first period that is completed and not claimed yet, once. One that cannot be given now (`REWARD_UNAVAILABLE`, with `details.reward`) leaves all of them for later.',
        params: QuestParams,
        response: { 201: success(ClaimAnswer) },
      },
    },
    async (request, reply) => reply.code(201).send(ok(await claimQuest(userCtx(request.ctx), request.params))),
  );
};
