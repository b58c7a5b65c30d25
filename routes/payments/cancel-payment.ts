import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { Payment, PaymentParams } from '#schemas/payments.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { cancelPayment } from '#src/payments/cancel-payment.ts';
import { PAYMENT_NOT_CANCELABLE } from '#src/payments/errors.ts';

export const cancelPaymentRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:paymentId/cancel',
    {
      config: { errors: [NOT_FOUND, PAYMENT_NOT_CANCELABLE] },
      schema: {
        operationId: 'cancelPayment',
        tags: ['Payments'],
        summary: 'Give a payment up',
        description: 'By its buyer or the team, while it is not paid. What it held is free again.',
        params: PaymentParams,
        response: { 200: success(Payment) },
      },
    },
    async (request) => ok(await cancelPayment(request.ctx, request.params)),
  );
};
