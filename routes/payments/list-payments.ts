import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { Payment, PaymentsQuery } from '#schemas/payments.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { listPayments } from '#src/payments/list-payments.ts';

export const listPaymentsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/tenant/:tenantId',
    {
      schema: {
        operationId: 'listPayments',
        tags: ['Payments'],
        summary: 'What the brand was paid',
        description: 'Newest first.',
        params: TenantParams,
        querystring: PaymentsQuery,
        response: { 200: pageOf(Payment) },
      },
    },
    async (request) => okPage(await listPayments(request.ctx, { ...request.query, ...request.params })),
  );
};
