import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { UpdateWebhookEndpointBody, WebhookEndpoint, WebhookEndpointParams } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { updateWebhookEndpoint } from '#src/webhooks/update-webhook-endpoint.ts';

export const updateWebhookEndpointRoute: FastifyPluginAsyncZod = async (app) => {
  app.patch(
    '/endpoints/:endpointId',
    {
      schema: {
        operationId: 'updateWebhookEndpoint',
        tags: ['Webhooks'],
        summary: 'Change, switch off or on a webhook endpoint',
        description:
          'Switched off, what is still to be sent is canceled. Switched on, it is told of what happens from then on: recover brings the rest.',
        params: WebhookEndpointParams,
        body: UpdateWebhookEndpointBody,
        response: { 200: success(WebhookEndpoint) },
      },
    },
    async (request) =>
      ok(
        await updateWebhookEndpoint(request.ctx, {
          ...request.params,
          change: request.body,
          tenantId: tenantOf(request.ctx),
        }),
      ),
  );
};
