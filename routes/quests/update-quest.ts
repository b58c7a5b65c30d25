import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Quest, QuestParams, UpdateQuestBody } from '#schemas/quests.ts';
import { MAX_CLAIMS_IN_USE } from '#src/quests/errors.ts';
import { updateQuest } from '#src/quests/update-quest.ts';

export const updateQuestRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/tenant/:tenantId/:questId',
    {
      config: { errors: [MAX_CLAIMS_IN_USE] },
      schema: {
        operationId: 'updateQuest',
        tags: ['Quests'],
        summary: 'Change a quest',
        description: 'The kind stays as it is, and so does what was claimed. Streaks go on under the new rules.',
        params: QuestParams,
        body: UpdateQuestBody,
        response: { 200: success(Quest) },
      },
    },
    async (request) => ok(await updateQuest(request.ctx, { ...request.params, body: request.body })),
  );
};
