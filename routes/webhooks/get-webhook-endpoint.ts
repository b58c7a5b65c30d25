import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { WebhookEndpoint, WebhookEndpointParams } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { getWebhookEndpoint } from '#src/webhooks/get-webhook-endpoint.ts';

export const getWebhookEndpointRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/endpoints/:endpointId',
    {
      schema: {
        operationId: 'getWebhookEndpoint',
        tags: ['Webhooks'],
        summary: 'Show one webhook endpoint',
        params: WebhookEndpointParams,
        response: { 200: success(WebhookEndpoint) },
      },
    },
    async (request) =>
      ok(await getWebhookEndpoint(request.ctx, { ...request.params, tenantId: tenantOf(request.ctx) })),
  );
};
