import type { WebhookAttemptRow, WebhookDeliveryRow } from '#db/queries/webhook-deliveries.ts';
import type { DeliveryError, WebhookDelivery } from '#schemas/webhooks.ts';

/** A delivery with those of the attempts that are its own: none that came after the row was read. */
export function presentDelivery(row: WebhookDeliveryRow, attempts: readonly WebhookAttemptRow[]): WebhookDelivery {
  const { id, endpointId, eventId, eventType, status, nextAttemptAt, redeliveryOf, createdAt, finishedAt } = row;
  const own = attempts.filter(({ deliveryId, number }) => deliveryId === id && number <= row.attempts);
  return {
    id,
    endpointId,
    eventId,
    eventType,
    status,
    nextAttemptAt,
    redeliveryOf,
    createdAt,
    finishedAt,
    attempts: own.map(({ at, statusCode, durationMs, error, response }) => ({
      at,
      statusCode,
      durationMs,
      error: error as DeliveryError | null,
      response,
    })),
  };
}
