import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { FreezeAnswer } from '#schemas/quest-progress.ts';
import { QuestParams } from '#schemas/quests.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { TOO_FEW_POINTS } from '#src/points/errors.ts';
import { buyFreeze } from '#src/quests/buy-freeze.ts';
import { FREEZES_FULL, FREEZES_NOT_SOLD, NO_STREAK, QUEST_NOT_ELIGIBLE } from '#src/quests/errors.ts';

export const buyFreezeRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/:questId/freezes',
    {
      config: { errors: [FREEZES_FULL, FREEZES_NOT_SOLD, NO_STREAK, QUEST_NOT_ELIGIBLE, TOO_FEW_POINTS] },
      schema: {
        operationId: 'buyStreakFreeze',
        tags: ['Quests'],
        summary: 'Buy a freeze',
        description: 'For the points that the quest asks for one. It covers a day that is missed, by itself.',
        params: QuestParams,
        response: { 201: success(FreezeAnswer) },
      },
    },
    async (request, reply) => reply.code(201).send(ok(await buyFreeze(userCtx(request.ctx), request.params))),
  );
};
