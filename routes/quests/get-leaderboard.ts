import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Leaderboard, LeaderboardQuery } from '#schemas/leaderboards.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { getLeaderboard } from '#src/leaderboards/get-leaderboard.ts';

export const getLeaderboardRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/leaderboard',
    {
      schema: {
        operationId: 'getLeaderboard',
        tags: ['Points'],
        summary: 'Who has earned most',
        description:
          'Members by the points that they have earned in the day, week, month or ever, with the place of the caller, however far down that is.',
        params: TenantParams,
        querystring: LeaderboardQuery,
        response: { 200: success(Leaderboard) },
      },
    },
    async (request) => ok(await getLeaderboard(request.ctx, { ...request.params, ...request.query })),
  );
};
