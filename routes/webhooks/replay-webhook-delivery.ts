import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { WebhookDelivery, WebhookDeliveryParams } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { WEBHOOK_DELIVERY_PENDING, WEBHOOK_ENDPOINT_INACTIVE, WEBHOOK_EVENT_GONE } from '#src/webhooks/errors.ts';
import { replayWebhookDelivery } from '#src/webhooks/replay-webhook-delivery.ts';

export const replayWebhookDeliveryRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/deliveries/:deliveryId/replay',
    {
      config: { errors: [WEBHOOK_DELIVERY_PENDING, WEBHOOK_ENDPOINT_INACTIVE, WEBHOOK_EVENT_GONE] },
      schema: {
        operationId: 'replayWebhookDelivery',
        tags: ['Webhooks'],
        summary: 'Send a message again',
        description:
          'The same body and `webhook-id`, as a new delivery with attempts of its own. The header `ttconnect-redelivery-of` names the one that it repeats.',
        params: WebhookDeliveryParams,
        response: { 201: success(WebhookDelivery) },
      },
    },
    async (request, reply) =>
      reply
        .code(201)
        .send(ok(await replayWebhookDelivery(request.ctx, { ...request.params, tenantId: tenantOf(request.ctx) }))),
  );
};
