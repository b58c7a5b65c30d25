import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { CodeBatch } from '#schemas/coupon-codes.ts';
import { CouponParams } from '#schemas/coupons.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { listBatches } from '#src/coupons/list-batches.ts';

export const listBatchesRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/:couponId/batches',
    {
      schema: {
        operationId: 'listBatches',
        tags: ['Coupons'],
        summary: 'Batches of codes',
        description: 'What was made and imported, newest first, and how far it is.',
        params: CouponParams,
        querystring: PageQuery,
        response: { 200: pageOf(CodeBatch) },
      },
    },
    async (request) => okPage(await listBatches(request.ctx, { ...request.params, ...request.query })),
  );
};
