import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { PaymentParams } from '#schemas/payments.ts';
import { RefundAnswer, RefundBody, RefundPreview, RefundQuery } from '#schemas/refunds.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { PAYMENT_NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT, REFUND_REQUESTED } from '#src/payments/errors.ts';
import { refundPayment } from '#src/payments/refund-payment.ts';

const STATUS = { preview: 200, made: 201, requested: 202 } as const;

export const refundPaymentRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/refund/:paymentId',
    {
      config: { errors: [NOT_FOUND, PAYMENT_NOT_REFUNDABLE, REFUND_EXCEEDS_PAYMENT, REFUND_REQUESTED] },
      schema: {
        operationId: 'refundPayment',
        tags: ['Payments'],
        summary: 'Give money back',
        description:
          'An admin gives back at once: 201. A buyer asks for it: 202, and an admin approves or declines. Without `amount`, all that is left. When nothing is left, all that the payment gave is taken back; `?dryRun=true` lists that first, with 200, and changes nothing. With the processor out of reach the refund is `pending`, and is made as soon as it can be.',
        params: PaymentParams,
        querystring: RefundQuery,
        body: RefundBody,
        response: { 200: success(RefundPreview), 201: success(RefundAnswer), 202: success(RefundAnswer) },
      },
    },
    async (request, reply) => {
      const input = { ...request.body, ...request.query, ...request.params };
      const { kind, data } = await refundPayment(request.ctx, input);
      return reply.code(STATUS[kind]).send(ok(data) as never);
    },
  );
};
