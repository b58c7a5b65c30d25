import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { MyRewardsQuery, ReferralReward } from '#schemas/referral-conversions.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { listMyRewards } from '#src/referrals/list-my-rewards.ts';

export const listMyRewardsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/user/rewards',
    {
      schema: {
        operationId: 'listMyReferralRewards',
        tags: ['Referrals'],
        summary: 'My rewards',
        description: 'Of all brands or one, newest first.',
        querystring: MyRewardsQuery,
        response: { 200: pageOf(ReferralReward) },
      },
    },
    async (request) => okPage(await listMyRewards(userCtx(request.ctx), request.query)),
  );
};
