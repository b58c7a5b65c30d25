import type { StripeEventRow } from '#db/queries/stripe-events.ts';
import type { StripeEvent } from '#schemas/stripe-events.ts';

/** Without its payload: that is the brand's business. */
export function presentStripeEvent(row: StripeEventRow): StripeEvent {
  const { id, eventId, account, type, livemode, status, attempts, error, createdAt, receivedAt, processedAt } = row;
  return { id, eventId, account, type, livemode, status, attempts, error, createdAt, receivedAt, processedAt };
}
