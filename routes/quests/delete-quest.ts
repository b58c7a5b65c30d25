import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { DeletedQuest, QuestParams } from '#schemas/quests.ts';
import { deleteQuest } from '#src/quests/delete-quest.ts';

export const deleteQuestRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/tenant/:tenantId/:questId',
    {
      schema: {
        operationId: 'deleteQuest',
        tags: ['Quests'],
        summary: 'Remove a quest',
        description: 'Nobody sees or claims it any more. Points that it gave stay.',
        params: QuestParams,
        response: { 200: success(DeletedQuest) },
      },
    },
    async (request) => ok(await deleteQuest(request.ctx, request.params)),
  );
};
