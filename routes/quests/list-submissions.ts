import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Submission, SubmissionsQuery } from '#schemas/quest-progress.ts';
import { QuestParams } from '#schemas/quests.ts';
import { listSubmissions } from '#src/quests/list-submissions.ts';

export const listSubmissionsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/:questId/submissions',
    {
      schema: {
        operationId: 'listQuestSubmissions',
        tags: ['Quests'],
        summary: 'The proofs of a quest',
        description: "Newest first: all of them for the brand's team and keys, to others their own.",
        params: QuestParams,
        querystring: SubmissionsQuery,
        response: { 200: pageOf(Submission) },
      },
    },
    async (request) => okPage(await listSubmissions(request.ctx, { ...request.params, ...request.query })),
  );
};
