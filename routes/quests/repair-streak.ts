import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { RepairStreakBody, StreakState } from '#schemas/quest-progress.ts';
import { QuestParams } from '#schemas/quests.ts';
import { QUEST_NOT_ELIGIBLE } from '#src/quests/errors.ts';
import { repairStreak } from '#src/quests/repair-streak.ts';

export const repairStreakRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/:questId/streak',
    {
      config: { errors: [QUEST_NOT_ELIGIBLE] },
      schema: {
        operationId: 'repairStreak',
        tags: ['Quests'],
        summary: 'Set a streak by hand',
        description:
          'It stands as of now: the next day that is claimed goes on from it. `snapshotId` leads back to how it stood before.',
        params: QuestParams,
        body: RepairStreakBody,
        response: { 200: success(StreakState) },
      },
    },
    async (request) => ok(await repairStreak(request.ctx, { ...request.params, body: request.body })),
  );
};
