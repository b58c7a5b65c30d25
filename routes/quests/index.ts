import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { claimDailyRoute } from './claim-daily.ts';
import { createQuestRoute } from './create-quest.ts';
import { deleteQuestRoute } from './delete-quest.ts';
import { getLeaderboardRoute } from './get-leaderboard.ts';
import { listQuestsRoute } from './list-quests.ts';
import { updateQuestRoute } from './update-quest.ts';

export const questRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(listQuestsRoute);
  await app.register(createQuestRoute);
  await app.register(updateQuestRoute);
  await app.register(deleteQuestRoute);
  await app.register(claimDailyRoute);
  await app.register(getLeaderboardRoute);
};
