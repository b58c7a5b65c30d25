import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BatchParams } from '#schemas/coupon-codes.ts';
import { exportCodes } from '#src/coupons/export-codes.ts';

export const exportCodesRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:tenantId/:couponId/batches/:batchId/codes.csv',
    {
      schema: {
        operationId: 'exportCodes',
        tags: ['Coupons'],
        summary: 'The codes of a batch as CSV',
        description: 'With a first line of names: code, status (`unused`, `used` or `revoked`), createdAt, usedAt.',
        params: BatchParams,
        response: { 200: { content: { 'text/csv': { schema: z.string() } } } },
      },
    },
    async (request, reply) => {
      const codes = await exportCodes(request.ctx, request.params);
      const name = `codes-${request.params.batchId}.csv`;
      reply.headers({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="${name}"`,
      });
      return reply.send(codes as never);
    },
  );
};
