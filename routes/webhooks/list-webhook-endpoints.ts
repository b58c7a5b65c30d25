import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { PageQuery } from '#schemas/common.ts';
import { okPage, pageOf } from '#schemas/envelope.ts';
import { WebhookEndpoint } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { listWebhookEndpoints } from '#src/webhooks/list-webhook-endpoints.ts';

export const listWebhookEndpointsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/endpoints',
    {
      schema: {
        operationId: 'listWebhookEndpoints',
        tags: ['Webhooks'],
        summary: 'List the webhook endpoints of my brand',
        querystring: PageQuery,
        response: { 200: pageOf(WebhookEndpoint) },
      },
    },
    async (request) =>
      okPage(await listWebhookEndpoints(request.ctx, { ...request.query, tenantId: tenantOf(request.ctx) })),
  );
};
