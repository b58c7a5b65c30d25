import type { Db } from '#db/client.ts';
import { insertEvent } from '#db/queries/events.ts';
import type { EventType } from '#schemas/events.ts';
import { newId } from '../lib/ids.ts';

export type DomainEvent = {
  tenantId: string;
  type: EventType;
  objectId: string;
  /** The object as the API shows it. */
  data: Readonly<Record<string, unknown>>;
  now: Date;
};

/** Writes an event into the outbox, in the transaction that makes it true: one statement. */
export function recordEvent(db: Db, { now, ...event }: DomainEvent): Promise<void> {
  return insertEvent(db, { ...event, id: newId(), createdAt: now });
}
