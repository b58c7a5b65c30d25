import type { EventRow } from '#db/queries/events.ts';
import type { Event } from '#schemas/events.ts';

type Shown = Pick<EventRow, 'id' | 'type' | 'tenantId' | 'sequence' | 'data' | 'createdAt'>;

/** An event as the feed and the webhooks show it. */
export function presentEvent({ id, type, tenantId, sequence, data, createdAt: timestamp }: Shown): Event {
  return { id, type, timestamp, tenantId, sequence, data };
}
