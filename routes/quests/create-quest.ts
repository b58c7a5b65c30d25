import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CreateQuestBody, Quest } from '#schemas/quests.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { createQuest } from '#src/quests/create-quest.ts';

export const createQuestRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId',
    {
      schema: {
        operationId: 'createQuest',
        tags: ['Quests'],
        summary: 'Create a quest',
        description:
          'Members see it at once, unless `active` is false. `daily` is claimed once a local day of each member.',
        params: TenantParams,
        body: CreateQuestBody,
        response: { 201: success(Quest) },
      },
    },
    async (request, reply) => {
      return reply.code(201).send(ok(await createQuest(request.ctx, { ...request.params, body: request.body })));
    },
  );
};
