import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { RejectSubmissionBody, Submission, SubmissionParams } from '#schemas/quest-progress.ts';
import { SUBMISSION_DECIDED } from '#src/quests/errors.ts';
import { rejectSubmission } from '#src/quests/reject-submission.ts';

export const rejectSubmissionRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/:questId/submissions/:submissionId/reject',
    {
      config: { errors: [SUBMISSION_DECIDED] },
      schema: {
        operationId: 'rejectQuestSubmission',
        tags: ['Quests'],
        summary: 'Reject a proof',
        description: 'With a reason that the member can read. They may send another one.',
        params: SubmissionParams,
        body: RejectSubmissionBody,
        response: { 200: success(Submission) },
      },
    },
    async (request) => ok(await rejectSubmission(request.ctx, { ...request.params, ...request.body })),
  );
};
