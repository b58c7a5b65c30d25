import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { DailyClaimAnswer } from '#schemas/quest-progress.ts';
import { QuestParams } from '#schemas/quests.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { claimDaily } from '#src/quests/claim-daily.ts';
import { ALREADY_CLAIMED, QUEST_BUSY, QUEST_NOT_ELIGIBLE } from '#src/quests/errors.ts';

export const claimDailyRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/:questId/daily/claim',
    {
      config: { errors: [ALREADY_CLAIMED, QUEST_BUSY, QUEST_NOT_ELIGIBLE] },
      schema: {
        operationId: 'claimDailyQuest',
        tags: ['Quests'],
        summary: 'Claim the day',
        description:
          "Once a local day, in the caller's time zone, else the brand's. After a change of the zone the next claim needs 20 hours since the last. Claimed already: 409 with `details.nextClaimAt`. Otherwise refused with every reason in `details.reasons`.",
        params: QuestParams,
        response: { 201: success(DailyClaimAnswer) },
      },
    },
    async (request, reply) => reply.code(201).send(ok(await claimDaily(userCtx(request.ctx), request.params))),
  );
};
