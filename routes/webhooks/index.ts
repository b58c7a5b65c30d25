import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createWebhookEndpointRoute } from './create-webhook-endpoint.ts';
import { deleteWebhookEndpointRoute } from './delete-webhook-endpoint.ts';
import { getWebhookDeliveryRoute } from './get-webhook-delivery.ts';
import { getWebhookEndpointRoute } from './get-webhook-endpoint.ts';
import { listWebhookDeliveriesRoute } from './list-webhook-deliveries.ts';
import { listWebhookEndpointsRoute } from './list-webhook-endpoints.ts';
import { recoverWebhookDeliveriesRoute } from './recover-webhook-deliveries.ts';
import { replayWebhookDeliveryRoute } from './replay-webhook-delivery.ts';
import { rotateWebhookSecretRoute } from './rotate-webhook-secret.ts';
import { testWebhookEndpointRoute } from './test-webhook-endpoint.ts';
import { updateWebhookEndpointRoute } from './update-webhook-endpoint.ts';

export const webhookRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(listWebhookEndpointsRoute);
  await app.register(createWebhookEndpointRoute);
  await app.register(getWebhookEndpointRoute);
  await app.register(updateWebhookEndpointRoute);
  await app.register(deleteWebhookEndpointRoute);
  await app.register(rotateWebhookSecretRoute);
  await app.register(testWebhookEndpointRoute);
  await app.register(recoverWebhookDeliveriesRoute);
  await app.register(listWebhookDeliveriesRoute);
  await app.register(getWebhookDeliveryRoute);
  await app.register(replayWebhookDeliveryRoute);
};
