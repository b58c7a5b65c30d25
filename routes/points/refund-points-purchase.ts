import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { PointsPurchaseAnswer, PointsPurchaseParams } from '#schemas/points.ts';
import { PURCHASE_REFUNDED } from '#src/points/errors.ts';
import { refundPurchase } from '#src/points/refund-purchase.ts';

export const refundPointsPurchaseRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/tenants/:tenantId/points/purchases/:purchaseId/refund',
    {
      config: { errors: [PURCHASE_REFUNDED] },
      schema: {
        operationId: 'refundPointsPurchase',
        tags: ['Points'],
        summary: 'Give the points of a purchase back',
        description: 'Once. The product is taken back and in stock again. `balance` is what the member has then.',
        params: PointsPurchaseParams,
        response: { 200: success(PointsPurchaseAnswer) },
      },
    },
    async (request) => ok(await refundPurchase(request.ctx, request.params)),
  );
};
