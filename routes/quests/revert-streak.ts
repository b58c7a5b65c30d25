import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { RevertStreakBody, StreakState } from '#schemas/quest-progress.ts';
import { QuestParams } from '#schemas/quests.ts';
import { STREAK_MOVED } from '#src/quests/errors.ts';
import { revertStreak } from '#src/quests/revert-streak.ts';

export const revertStreakRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/:questId/streak/revert',
    {
      config: { errors: [STREAK_MOVED] },
      schema: {
        operationId: 'revertStreak',
        tags: ['Quests'],
        summary: 'Go back to a snapshot',
        description: 'Undoes what was set by hand, unless the streak has moved since.',
        params: QuestParams,
        body: RevertStreakBody,
        response: { 200: success(StreakState) },
      },
    },
    async (request) => ok(await revertStreak(request.ctx, { ...request.params, body: request.body })),
  );
};
