import { and, eq, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { events } from '../schema/events.ts';

export type EventRow = typeof events.$inferSelect;
type NewEvent = Pick<EventRow, 'tenantId' | 'id' | 'type' | 'objectId' | 'createdAt'> & {
  data: Readonly<Record<string, unknown>>;
};

const next = prepared((db) => {
  const tenantId = sql.placeholder('tenantId');
  const objectType = sql.placeholder('objectType');
  const objectId = sql.placeholder('objectId');
  const last = db
    .select({ sequence: sql`coalesce(max(${events.sequence}), 0) + 1` })
    .from(events)
    .where(and(eq(events.tenantId, tenantId), eq(events.objectType, objectType), eq(events.objectId, objectId)));
  const [id, type] = [sql.placeholder('id'), sql.placeholder('type')];
  const [data, createdAt] = [sql.placeholder('data'), sql.placeholder('createdAt')];
  return db
    .insert(events)
    .values({ tenantId, id, type, objectType, objectId, sequence: sql`(${last})`, data, createdAt })
    .prepare('insert_event');
});

/** The next of its object's events. The caller holds the object's row, so that two never take one number. */
export async function insertEvent(db: Db, event: NewEvent): Promise<void> {
  await next(db).execute({ ...event, objectType: event.type.split('.')[0] ?? '' });
}
