import { and, asc, eq, gt, lte, type SQL, sql } from 'drizzle-orm';
import { unionAll } from 'drizzle-orm/pg-core';
import type { EventType } from '#schemas/events.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { eventSequences, events } from '../schema/events.ts';

export type EventRow = typeof events.$inferSelect;
type NewEvent = Pick<EventRow, 'tenantId' | 'id' | 'type' | 'objectId' | 'createdAt'> & {
  data: Readonly<Record<string, unknown>>;
};

const next = prepared((db) => {
  const tenantId = sql.placeholder('tenantId');
  const objectType = sql.placeholder('objectType');
  const objectId = sql.placeholder('objectId');
  const last = db
    .select({ sequence: sql`max(${events.sequence})` })
    .from(events)
    .where(and(eq(events.tenantId, tenantId), eq(events.objectType, objectType), eq(events.objectId, objectId)));
  // Those that are purged count on.
  const purged = db
    .select({ last: eventSequences.last })
    .from(eventSequences)
    .where(
      and(
        eq(eventSequences.tenantId, tenantId),
        eq(eventSequences.objectType, objectType),
        eq(eventSequences.objectId, objectId),
      ),
    );
  const [id, type] = [sql.placeholder('id'), sql.placeholder('type')];
  const [data, createdAt] = [sql.placeholder('data'), sql.placeholder('createdAt')];
  // Either may be behind the other: instants are read before the object is held, so that a later number may be purged first.
  const sequence = sql`coalesce(greatest((${last}), (${purged})), 0) + 1`;
  return db
    .insert(events)
    .values({ tenantId, id, type, objectType, objectId, sequence, data, createdAt })
    .prepare('insert_event');
});

/** The next of its object's events. The caller holds the object's row, so that two never take one number. */
export async function insertEvent(db: Db, event: NewEvent): Promise<void> {
  await next(db).execute({ ...event, objectType: event.type.split('.')[0] ?? '' });
}

/**
 * The position up to which no open transaction can still add an event. What is read up to there, by a statement after
 * this one, has no gaps.
 */
export async function findEventFrontier(db: Db): Promise<number> {
  const [row] = await db.execute<{ frontier: string }>(sql`select event_frontier() as frontier`);
  return Number(row?.frontier);
}

export async function findEvent(
  db: Db,
  { tenantId, eventId }: { tenantId: string; eventId: string },
): Promise<EventRow | undefined> {
  const rows = await db
    .select()
    .from(events)
    .where(and(eq(events.tenantId, tenantId), eq(events.id, eventId)));
  return rows[0];
}

type Part = { tenantId: string; after: number; upTo: number; types: readonly EventType[] | null; rows: number };

/**
 * In the order of their positions, on events_feed_idx. Of some types: the first of each on events_type_feed_idx, so that
 * rare ones are not looked for among all others.
 */
export async function listEvents(db: Db, { types, ...part }: Part): Promise<EventRow[]> {
  if (types === null) return firstOf(db, part, undefined);
  const [first, second, ...others] = types.map((type) => firstOf(db, part, eq(events.type, type)));
  if (!first || !second) return first ?? [];
  return unionAll(first, second, ...others)
    .orderBy(asc(events.position))
    .limit(part.rows);
}

function firstOf(db: Db, { tenantId, after, upTo, rows }: Omit<Part, 'types'>, ofType: SQL | undefined) {
  return db
    .select()
    .from(events)
    .where(and(eq(events.tenantId, tenantId), gt(events.position, after), lte(events.position, upTo), ofType))
    .orderBy(asc(events.position))
    .limit(rows);
}
