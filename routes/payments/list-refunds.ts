import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Refund, RefundsQuery } from '#schemas/refunds.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listRefunds } from '#src/payments/list-refunds.ts';

export const listRefundsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/refunds',
    {
      schema: {
        operationId: 'listRefunds',
        tags: ['Payments'],
        summary: 'The refunds of the brand',
        description: 'Also those that buyers ask for: `?status=requested`. Newest first.',
        params: TenantParams,
        querystring: RefundsQuery,
        response: { 200: pageOf(Refund) },
      },
    },
    async (request) => okPage(await listRefunds(request.ctx, { ...request.query, ...request.params })),
  );
};
