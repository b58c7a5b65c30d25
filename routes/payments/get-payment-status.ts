import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { PaymentState, PaymentStatusQuery, TrackingParams } from '#schemas/payments.ts';
import { NOT_FOUND } from '#src/lib/errors.ts';
import { getPaymentStatus } from '#src/payments/get-payment-status.ts';

export const getPaymentStatusRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/status/:trackingId',
    {
      config: { errors: [NOT_FOUND] },
      schema: {
        operationId: 'getPaymentStatus',
        tags: ['Payments'],
        summary: 'How a payment stands',
        description: 'For whoever has the tracking id, which is the only credential.',
        params: TrackingParams,
        querystring: PaymentStatusQuery,
        response: { 200: success(PaymentState) },
      },
    },
    async (request) => ok(await getPaymentStatus(request.ctx, { ...request.query, ...request.params })),
  );
};
