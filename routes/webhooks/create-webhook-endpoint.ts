import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { CreateWebhookEndpointBody, NewWebhookEndpoint } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { createWebhookEndpoint } from '#src/webhooks/create-webhook-endpoint.ts';
import { WEBHOOK_ENDPOINT_LIMIT } from '#src/webhooks/errors.ts';

export const createWebhookEndpointRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/endpoints',
    {
      config: { errors: [WEBHOOK_ENDPOINT_LIMIT] },
      schema: {
        operationId: 'createWebhookEndpoint',
        tags: ['Webhooks'],
        summary: 'Be told by webhook',
        description:
          'The messages are those of `GET /events`, signed by Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`) with the secret that is shown this once. Any 2xx within 15 s is a success; a redirect is a failure. Else it is tried again after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, or when `Retry-After` (429, 503) says. A message may come more than once, with the same `webhook-id`. After five days without a success, or at 410, the endpoint is disabled and the owners get a mail.',
        body: CreateWebhookEndpointBody,
        response: { 201: success(NewWebhookEndpoint) },
      },
    },
    async (request, reply) =>
      reply
        .code(201)
        .send(ok(await createWebhookEndpoint(request.ctx, { ...request.body, tenantId: tenantOf(request.ctx) }))),
  );
};
