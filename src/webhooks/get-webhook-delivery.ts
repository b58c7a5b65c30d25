import { findWebhookDelivery, listWebhookAttempts } from '#db/queries/webhook-deliveries.ts';
import type { WebhookDelivery } from '#schemas/webhooks.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentDelivery } from './present-delivery.ts';

export async function getWebhookDelivery(
  ctx: Ctx,
  { tenantId, deliveryId }: { tenantId: string; deliveryId: string },
): Promise<WebhookDelivery> {
  const found = await findWebhookDelivery(ctx.db, { tenantId, deliveryId });
  if (!found) throw new AppError(NOT_FOUND);
  return presentDelivery(found.delivery, await listWebhookAttempts(ctx.db, { tenantId, deliveryIds: [deliveryId] }));
}
