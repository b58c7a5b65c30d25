import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { QuestWithProgress } from '#schemas/quest-progress.ts';
import { QuestParams } from '#schemas/quests.ts';
import { getQuest } from '#src/quests/get-quest.ts';

export const getQuestRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/:questId',
    {
      schema: {
        operationId: 'getQuest',
        tags: ['Quests'],
        summary: 'One quest',
        description:
          "With the caller's `progress`, who is signed in. A paused one is there for the brand's team and keys only.",
        params: QuestParams,
        response: { 200: success(QuestWithProgress) },
      },
    },
    async (request) => ok(await getQuest(request.ctx, request.params)),
  );
};
