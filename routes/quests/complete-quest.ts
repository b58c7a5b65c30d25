import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CompleteQuestBody, CompletionAnswer } from '#schemas/quest-progress.ts';
import { QuestParams } from '#schemas/quests.ts';
import { completeQuest } from '#src/quests/complete-quest.ts';
import { ALREADY_CLAIMED, QUEST_BUSY, QUEST_NOT_ELIGIBLE } from '#src/quests/errors.ts';

export const completeQuestRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/:questId/complete',
    {
      config: { errors: [ALREADY_CLAIMED, QUEST_BUSY, QUEST_NOT_ELIGIBLE] },
      schema: {
        operationId: 'completeQuest',
        tags: ['Quests'],
        summary: 'Complete a quest',
        description:
          'One step towards the `target`: by the member, or with `userId` by the team or an API key for a member. Who reaches it has completed the quest; with `autoClaim` its rewards come with it. Quests that need a proof are completed by approving it, those of kind `event` by what happens.',
        params: QuestParams,
        body: CompleteQuestBody,
        response: { 201: success(CompletionAnswer) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(ok(await completeQuest(request.ctx, { ...request.params, ...request.body }))),
  );
};
