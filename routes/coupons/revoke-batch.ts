import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { BatchParams, CodeBatch } from '#schemas/coupon-codes.ts';
import { ok, success } from '#schemas/envelope.ts';
import { revokeBatch } from '#src/coupons/revoke-batch.ts';

export const revokeBatchRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/:tenantId/:couponId/batches/:batchId',
    {
      schema: {
        operationId: 'revokeBatch',
        tags: ['Coupons'],
        summary: 'Revoke a batch',
        description: 'At once none of its codes can be used, and no more are made. What was used stays as it is.',
        params: BatchParams,
        response: { 200: success(CodeBatch) },
      },
    },
    async (request) => ok(await revokeBatch(request.ctx, request.params)),
  );
};
