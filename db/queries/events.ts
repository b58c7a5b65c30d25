import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { events } from '../schema/events.ts';

export type EventRow = typeof events.$inferSelect;
type NewEvent = Pick<EventRow, 'tenantId' | 'id' | 'type' | 'objectId' | 'createdAt'> & {
  data: Readonly<Record<string, unknown>>;
};

/** The next of its object's events. The caller holds the object's row, so that two never take one number. */
export async function insertEvent(db: Db, event: NewEvent): Promise<void> {
  const { tenantId, objectId } = event;
  const objectType = event.type.split('.')[0] ?? '';
  const last = db
    .select({ sequence: sql`coalesce(max(${events.sequence}), 0) + 1` })
    .from(events)
    .where(and(eq(events.tenantId, tenantId), eq(events.objectType, objectType), eq(events.objectId, objectId)));
  await db.insert(events).values({ ...event, objectType, sequence: sql`(${last})` });
}
