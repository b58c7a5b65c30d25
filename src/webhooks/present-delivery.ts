import type { WebhookDeliveryRow } from '#db/queries/webhook-deliveries.ts';
import type { WebhookDelivery } from '#schemas/webhooks.ts';

/** A delivery with its attempts, as its brand sees it. */
export function presentDelivery(row: WebhookDeliveryRow): WebhookDelivery {
  const { id, endpointId, eventId, eventType, status, nextAttemptAt, redeliveryOf, createdAt, finishedAt } = row;
  const attempts = row.attempts.map(({ at, ...attempt }) => ({ at: new Date(at), ...attempt }));
  return { id, endpointId, eventId, eventType, status, nextAttemptAt, redeliveryOf, createdAt, finishedAt, attempts };
}
