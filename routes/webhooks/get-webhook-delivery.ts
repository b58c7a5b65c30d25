import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { WebhookDelivery, WebhookDeliveryParams } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { getWebhookDelivery } from '#src/webhooks/get-webhook-delivery.ts';

export const getWebhookDeliveryRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/deliveries/:deliveryId',
    {
      schema: {
        operationId: 'getWebhookDelivery',
        tags: ['Webhooks'],
        summary: 'Show one delivery',
        params: WebhookDeliveryParams,
        response: { 200: success(WebhookDelivery) },
      },
    },
    async (request) =>
      ok(await getWebhookDelivery(request.ctx, { ...request.params, tenantId: tenantOf(request.ctx) })),
  );
};
