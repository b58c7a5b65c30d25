import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { MyPaymentsQuery, Payment } from '#schemas/payments.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { listMyPayments } from '#src/payments/list-my-payments.ts';

export const listMyPaymentsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/',
    {
      schema: {
        operationId: 'listMyPayments',
        tags: ['Payments'],
        summary: 'What the caller paid',
        description: 'In all brands, or in one; newest first.',
        querystring: MyPaymentsQuery,
        response: { 200: pageOf(Payment) },
      },
    },
    async (request) => okPage(await listMyPayments(userCtx(request.ctx), request.query)),
  );
};
