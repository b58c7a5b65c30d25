import { insertWebhookDelivery } from '#db/queries/webhook-deliveries.ts';
import { findWebhookEndpointForUpdate } from '#db/queries/webhook-endpoints.ts';
import { TEST_EVENT, type WebhookDelivery } from '#schemas/webhooks.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { WEBHOOK_ENDPOINT_INACTIVE } from './errors.ts';
import { presentDelivery } from './present-delivery.ts';

/** Queues a message that tells of nothing, signed and tried like any other. */
export async function testWebhookEndpoint(
  ctx: Ctx,
  { tenantId, endpointId }: { tenantId: string; endpointId: string },
): Promise<WebhookDelivery> {
  const now = ctx.clock.now();
  const message = { eventId: newId(), eventType: TEST_EVENT, position: 0, status: 'pending' as const };
  const due = { nextAttemptAt: now, createdAt: now };
  return withTx(ctx, async (tx) => {
    // Held, so that who switches it off meanwhile finds the delivery.
    const endpoint = await findWebhookEndpointForUpdate(tx, { tenantId, endpointId });
    if (!endpoint) throw new AppError(NOT_FOUND);
    if (!endpoint.active) throw new AppError(WEBHOOK_ENDPOINT_INACTIVE);
    const row = await insertWebhookDelivery(tx, { tenantId, id: newId(), endpointId, ...message, ...due });
    return presentDelivery(row);
  });
}
