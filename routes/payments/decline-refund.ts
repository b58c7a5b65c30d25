import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { RefundAnswer, RefundParams } from '#schemas/refunds.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { declineRefund } from '#src/payments/decide-refund.ts';
import { REFUND_DECIDED } from '#src/payments/errors.ts';

export const declineRefundRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/refunds/:refundId/decline',
    {
      config: { errors: [NOT_FOUND, REFUND_DECIDED] },
      schema: {
        operationId: 'declineRefund',
        tags: ['Payments'],
        summary: 'Refuse a refund that a buyer asks for, or withdraw one in crypto',
        description:
          'The buyer may ask again. A refund in crypto that is `pending`, as nothing was sent for it yet, is withdrawn: it is `canceled`, and what it held back can be refunded again. Card refunds cannot be: the processor has them.',
        params: RefundParams,
        response: { 200: success(RefundAnswer) },
      },
    },
    async (request) => ok({ refund: await declineRefund(request.ctx, request.params) }),
  );
};
