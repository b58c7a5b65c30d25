import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Submission, SubmissionParams } from '#schemas/quest-progress.ts';
import { approveSubmission } from '#src/quests/approve-submission.ts';
import { QUEST_BUSY, QUEST_NOT_ELIGIBLE, SUBMISSION_DECIDED } from '#src/quests/errors.ts';

export const approveSubmissionRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/:questId/submissions/:submissionId/approve',
    {
      config: { errors: [QUEST_BUSY, QUEST_NOT_ELIGIBLE, SUBMISSION_DECIDED] },
      schema: {
        operationId: 'approveQuestSubmission',
        tags: ['Quests'],
        summary: 'Approve a proof',
        description: 'A step towards the target for its member, in the period in which it was sent. Decided once.',
        params: SubmissionParams,
        response: { 200: success(Submission) },
      },
    },
    async (request) => ok(await approveSubmission(request.ctx, request.params)),
  );
};
