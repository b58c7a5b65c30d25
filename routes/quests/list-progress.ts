import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { QuestWithProgress } from '#schemas/quest-progress.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { listProgress } from '#src/quests/list-progress.ts';

export const listProgressRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/progress',
    {
      schema: {
        operationId: 'listQuestProgress',
        tags: ['Quests'],
        summary: 'Own progress',
        description: 'The quests of the brand that the caller has begun, also those that are paused or over.',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(QuestWithProgress) },
      },
    },
    async (request) => okPage(await listProgress(userCtx(request.ctx), { ...request.params, ...request.query })),
  );
};
