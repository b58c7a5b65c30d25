import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Submission, SubmitProofBody } from '#schemas/quest-progress.ts';
import { QuestParams } from '#schemas/quests.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { QUEST_NOT_ELIGIBLE, SUBMISSION_PENDING } from '#src/quests/errors.ts';
import { submitProof } from '#src/quests/submit-proof.ts';

export const submitProofRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenant/:tenantId/:questId/submissions',
    {
      config: { errors: [QUEST_NOT_ELIGIBLE, SUBMISSION_PENDING] },
      schema: {
        operationId: 'submitQuestProof',
        tags: ['Quests'],
        summary: 'Send a proof',
        description:
          'Text, or files of purpose `proof` that the caller has sent before. It waits for the team, one at a time.',
        params: QuestParams,
        body: SubmitProofBody,
        response: { 201: success(Submission) },
      },
    },
    async (request, reply) =>
      reply.code(201).send(ok(await submitProof(userCtx(request.ctx), { ...request.params, body: request.body }))),
  );
};
