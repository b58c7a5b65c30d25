import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { WebhookDelivery, WebhookEndpointParams } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { WEBHOOK_ENDPOINT_INACTIVE } from '#src/webhooks/errors.ts';
import { testWebhookEndpoint } from '#src/webhooks/test-webhook-endpoint.ts';

export const testWebhookEndpointRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/endpoints/:endpointId/test',
    {
      config: { errors: [WEBHOOK_ENDPOINT_INACTIVE] },
      schema: {
        operationId: 'testWebhookEndpoint',
        tags: ['Webhooks'],
        summary: 'Send a test message',
        description:
          'Of the type `webhook.test`, signed and tried like any other. It is in no feed; its delivery says how it went.',
        params: WebhookEndpointParams,
        response: { 201: success(WebhookDelivery) },
      },
    },
    async (request, reply) =>
      reply
        .code(201)
        .send(ok(await testWebhookEndpoint(request.ctx, { ...request.params, tenantId: tenantOf(request.ctx) }))),
  );
};
