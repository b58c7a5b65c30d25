import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { QuestWithProgress } from '#schemas/quest-progress.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listQuests } from '#src/quests/list-quests.ts';

export const listQuestsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId',
    {
      schema: {
        operationId: 'listQuests',
        tags: ['Quests'],
        summary: 'The quests of a brand',
        description:
          "Those that are active and not over; who is signed in gets the own `progress` with each. The brand's team and keys see paused and past ones too.",
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(QuestWithProgress) },
      },
    },
    async (request) => okPage(await listQuests(request.ctx, { ...request.params, ...request.query })),
  );
};
