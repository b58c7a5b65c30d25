import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { RefundAnswer, RefundParams } from '#schemas/refunds.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { approveRefund } from '#src/payments/decide-refund.ts';
import { PAYMENT_NOT_REFUNDABLE, REFUND_DECIDED, REFUND_EXCEEDS_PAYMENT } from '#src/payments/errors.ts';

export const approveRefundRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/refunds/:refundId/approve',
    {
      config: { errors: [NOT_FOUND, PAYMENT_NOT_REFUNDABLE, REFUND_DECIDED, REFUND_EXCEEDS_PAYMENT] },
      schema: {
        operationId: 'approveRefund',
        tags: ['Payments'],
        summary: 'Grant a refund that a buyer asks for',
        description: 'The money goes back at once, if as much is left of the payment.',
        params: RefundParams,
        response: { 200: success(RefundAnswer) },
      },
    },
    async (request) => ok({ refund: await approveRefund(request.ctx, request.params) }),
  );
};
