import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { RecoverWebhookDeliveriesBody, WebhookEndpointParams, WebhookRecovery } from '#schemas/webhooks.ts';
import { tenantOf } from '#src/auth/tenant-of.ts';
import { WEBHOOK_ENDPOINT_INACTIVE } from '#src/webhooks/errors.ts';
import { recoverWebhookDeliveries } from '#src/webhooks/recover-webhook-deliveries.ts';

export const recoverWebhookDeliveriesRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/endpoints/:endpointId/recover',
    {
      config: { errors: [WEBHOOK_ENDPOINT_INACTIVE] },
      schema: {
        operationId: 'recoverWebhookDeliveries',
        tags: ['Webhooks'],
        summary: 'Send again what an endpoint was not told',
        description:
          'Everything of its types that has happened since and was not delivered: because it failed, was canceled, or the endpoint was off or not there yet. At most 5,000 events a call.',
        params: WebhookEndpointParams,
        body: RecoverWebhookDeliveriesBody,
        response: { 200: success(WebhookRecovery) },
      },
    },
    async (request) =>
      ok(
        await recoverWebhookDeliveries(request.ctx, {
          ...request.params,
          ...request.body,
          tenantId: tenantOf(request.ctx),
        }),
      ),
  );
};
