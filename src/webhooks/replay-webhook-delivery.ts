import { findEvent } from '#db/queries/events.ts';
import { findWebhookDelivery, insertWebhookDelivery } from '#db/queries/webhook-deliveries.ts';
import { TEST_EVENT, type WebhookDelivery } from '#schemas/webhooks.ts';
import type { Ctx } from '../context.ts';
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
  const found = await findWebhookDelivery(ctx.db, { tenantId, deliveryId });
  if (!found) throw new AppError(NOT_FOUND);
  if (found.delivery.status === 'pending') throw new AppError(WEBHOOK_DELIVERY_PENDING);
  if (!found.isActive) throw new AppError(WEBHOOK_ENDPOINT_INACTIVE);
  const { endpointId, eventId, eventType, position } = found.delivery;
  const isKept = eventType === TEST_EVENT || (await findEvent(ctx.db, { tenantId, eventId }));
  if (!isKept) throw new AppError(WEBHOOK_EVENT_GONE);
  const message = { endpointId, eventId, eventType, position, status: 'pending' as const, redeliveryOf: deliveryId };
  const due = { nextAttemptAt: now, createdAt: now };
  return presentDelivery(await insertWebhookDelivery(ctx.db, { tenantId, id: newId(), ...message, ...due }), []);
}
