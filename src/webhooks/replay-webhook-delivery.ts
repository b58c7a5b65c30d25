import { findEvent } from '#db/queries/events.ts';
import { findWebhookDelivery, insertWebhookDelivery } from '#db/queries/webhook-deliveries.ts';
import { findWebhookEndpointForUpdate } from '#db/queries/webhook-endpoints.ts';
import { TEST_EVENT, type WebhookDelivery } from '#schemas/webhooks.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { WEBHOOK_DELIVERY_PENDING, WEBHOOK_ENDPOINT_INACTIVE, WEBHOOK_EVENT_GONE } from './errors.ts';
import { presentDelivery } from './present-delivery.ts';

/** Sends the same message again, as a new delivery with attempts of its own. */
export async function replayWebhookDelivery(
  ctx: Ctx,
  { tenantId, deliveryId }: { tenantId: string; deliveryId: string },
): Promise<WebhookDelivery> {
  const now = ctx.clock.now();
  const delivery = await findWebhookDelivery(ctx.db, { tenantId, deliveryId });
  if (!delivery) throw new AppError(NOT_FOUND);
  if (delivery.status === 'pending') throw new AppError(WEBHOOK_DELIVERY_PENDING);
  const { endpointId, eventId, eventType, position } = delivery;
  const isKept = eventType === TEST_EVENT || (await findEvent(ctx.db, { tenantId, eventId }));
  if (!isKept) throw new AppError(WEBHOOK_EVENT_GONE);
  const message = { endpointId, eventId, eventType, position, status: 'pending' as const, redeliveryOf: deliveryId };
  const due = { nextAttemptAt: now, createdAt: now };
  return withTx(ctx, async (tx) => {
    // Held, so that who switches it off meanwhile finds the delivery.
    const endpoint = await findWebhookEndpointForUpdate(tx, { tenantId, endpointId });
    if (!endpoint?.active) throw new AppError(WEBHOOK_ENDPOINT_INACTIVE);
    return presentDelivery(await insertWebhookDelivery(tx, { tenantId, id: newId(), ...message, ...due }));
  });
}
