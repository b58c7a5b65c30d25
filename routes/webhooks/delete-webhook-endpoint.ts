import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { Deleted, ok, success } from '#schemas/envelope.ts';
import { WebhookEndpointParams } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { deleteWebhookEndpoint } from '#src/webhooks/delete-webhook-endpoint.ts';

export const deleteWebhookEndpointRoute: FastifyPluginAsyncZod = async (app) => {
  app.delete(
    '/endpoints/:endpointId',
    {
      schema: {
        operationId: 'deleteWebhookEndpoint',
        tags: ['Webhooks'],
        summary: 'Delete a webhook endpoint',
        description: 'At once, with all that was still to be sent there, and its deliveries.',
        params: WebhookEndpointParams,
        response: { 200: success(Deleted) },
      },
    },
    async (request) =>
      ok(await deleteWebhookEndpoint(request.ctx, { ...request.params, tenantId: tenantOf(request.ctx) })),
  );
};
