import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { BatchParams, CodeBatch } from '#schemas/coupon-codes.ts';
import { ok, success } from '#schemas/envelope.ts';
import { getBatch } from '#src/coupons/get-batch.ts';

export const getBatchRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/:couponId/batches/:batchId',
    {
      schema: {
        operationId: 'getBatch',
        tags: ['Coupons'],
        summary: 'How far a batch is',
        description: 'It is `queued`, `running`, `done` or `revoked`, with `made` of `count` codes.',
        params: BatchParams,
        response: { 200: success(CodeBatch) },
      },
    },
    async (request) => ok(await getBatch(request.ctx, request.params)),
  );
};
