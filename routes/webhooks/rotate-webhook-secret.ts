import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { NewWebhookEndpoint, WebhookEndpointParams } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { rotateWebhookSecret } from '#src/webhooks/rotate-webhook-secret.ts';

export const rotateWebhookSecretRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/endpoints/:endpointId/rotate-secret',
    {
      schema: {
        operationId: 'rotateWebhookSecret',
        tags: ['Webhooks'],
        summary: 'Replace the secret of a webhook endpoint',
        description: 'For 24 hours messages carry two signatures: by the new secret and by the one before it.',
        params: WebhookEndpointParams,
        response: { 200: success(NewWebhookEndpoint) },
      },
    },
    async (request) =>
      ok(await rotateWebhookSecret(request.ctx, { ...request.params, tenantId: tenantOf(request.ctx) })),
  );
};
