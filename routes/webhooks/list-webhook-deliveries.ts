import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { WebhookDeliveriesQuery, WebhookDelivery, WebhookEndpointParams } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { listWebhookDeliveries } from '#src/webhooks/list-webhook-deliveries.ts';

export const listWebhookDeliveriesRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/endpoints/:endpointId/deliveries',
    {
      schema: {
        operationId: 'listWebhookDeliveries',
        tags: ['Webhooks'],
        summary: 'List what an endpoint was told',
        description: 'Newest first, for 90 days, each with its attempts.',
        params: WebhookEndpointParams,
        querystring: WebhookDeliveriesQuery,
        response: { 200: pageOf(WebhookDelivery) },
      },
    },
    async (request) =>
      okPage(
        await listWebhookDeliveries(request.ctx, {
          ...request.params,
          ...request.query,
          tenantId: tenantOf(request.ctx),
        }),
      ),
  );
};
