import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Dispute } from '#schemas/refunds.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listDisputes } from '#src/payments/list-disputes.ts';

export const listDisputesRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId/disputes',
    {
      schema: {
        operationId: 'listDisputes',
        tags: ['Payments'],
        summary: 'Charges that their holders contest',
        description: 'Newest first. One that is lost takes back what the payment gave.',
        params: TenantParams,
        querystring: PageQuery,
        response: { 200: pageOf(Dispute) },
      },
    },
    async (request) => okPage(await listDisputes(request.ctx, { ...request.query, ...request.params })),
  );
};
