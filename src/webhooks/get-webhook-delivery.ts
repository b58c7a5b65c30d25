import { findWebhookDelivery } from '#db/queries/webhook-deliveries.ts';
import type { WebhookDelivery } from '#schemas/webhooks.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentDelivery } from './present-delivery.ts';

export async function getWebhookDelivery(
  ctx: Ctx,
  { tenantId, deliveryId }: { tenantId: string; deliveryId: string },
): Promise<WebhookDelivery> {
  const delivery = await findWebhookDelivery(ctx.db, { tenantId, deliveryId });
  if (!delivery) throw new AppError(NOT_FOUND);
  return presentDelivery(delivery);
}
