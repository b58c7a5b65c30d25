import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Payment, PaymentParams } from '#schemas/payments.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { getPayment } from '#src/payments/get-payment.ts';

export const getPaymentRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/:paymentId',
    {
      config: { errors: [NOT_FOUND] },
      schema: {
        operationId: 'getPayment',
        tags: ['Payments'],
        summary: 'One payment',
        description: "For its buyer and the brand's team.",
        params: PaymentParams,
        response: { 200: success(Payment) },
      },
    },
    async (request) => ok(await getPayment(request.ctx, request.params)),
  );
};
