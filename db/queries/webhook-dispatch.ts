import { sql } from 'drizzle-orm';
import type { EventPattern, EventType } from '#schemas/events.ts';
import type { Db } from '../client.ts';

// Any constant will do: it only has to be the same in every process, and below those of event positions.
const DISPATCH_LOCK = 7_361_502_915;

/** Whether events wait to become deliveries, and up to where they may. */
export async function findDispatchRange(db: Db): Promise<{ from: number; upTo: number }> {
  const [row] = await db.execute<{ from: string; up_to: string }>(
    sql`select position as "from", event_frontier() as up_to from webhook_cursor`,
  );
  return { from: Number(row?.from), upTo: Number(row?.up_to) };
}

/** False when another process is at it. Until the transaction ends. */
export async function lockDispatch(db: Db): Promise<boolean> {
  const [row] = await db.execute<{ locked: boolean }>(
    sql`select pg_try_advisory_xact_lock(${DISPATCH_LOCK}::bigint) as locked`,
  );
  return row?.locked === true;
}

/** Waits for who is at it, and keeps others from it until the transaction ends: what comes next sees all that they made. */
export async function holdDispatch(db: Db): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(${DISPATCH_LOCK}::bigint)`);
}

/** An endpoint as a message to it needs it. Instants are milliseconds since 1970. */
export type MessageTarget = {
  tenantId: string;
  endpointId: string;
  url: string;
  secret: string;
  previousSecret: string | null;
  previousSecretUntil: number | null;
  failingSince: number | null;
};

export const TARGET = sql`w.tenant_id as "tenantId", w.id as "endpointId", w.url, w.secret,
  w.previous_secret as "previousSecret",
  extract(epoch from w.previous_secret_until)::float8 * 1000 as "previousSecretUntil",
  extract(epoch from w.failing_since)::float8 * 1000 as "failingSince"`;

/** How many messages a process holds for an endpoint, and how many more it would. */
export type HeldOfEndpoint = { endpointId: string; held: number; room: number };

export const HELD = (held: readonly HeldOfEndpoint[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(held)}::jsonb) as h("endpointId" uuid, held int, room int)`;

/** An event to be told, in the order of positions. */
export type HeardEvent = { id: string; tenantId: string; type: EventType; position: number };

/**
 * The next events after the cursor, on events_position_idx. Where they end is asked of those few: as one more reason to expect
 * few rows, it would have all that wait read and sorted.
 */
export async function listEventsAhead(
  db: Db,
  { from, upTo, limit }: { from: number; upTo: number; limit: number },
): Promise<HeardEvent[]> {
  const rows = await db.execute<HeardEvent>(sql`
    select id, tenant_id as "tenantId", type, position::float8
    from (select * from events where position > ${from} order by position limit ${limit}) next
    where position <= ${upTo} order by next.position`);
  return [...rows];
}

/** An endpoint with what it wants to hear. `isBehind`: deliveries of it are due, which go first. */
export type Hearer = { target: MessageTarget; events: EventPattern[]; fromPosition: number; isBehind: boolean };

/**
 * The active endpoints of the brands. Whether one is behind is asked of webhook_deliveries_due_idx, for each: `exists` may be
 * planned as a list of all that is due to anybody, and without an order as a walk through it.
 */
export async function listHearers(
  db: Db,
  { tenantIds, now }: { tenantIds: readonly string[]; now: Date },
): Promise<Hearer[]> {
  const rows = await db.execute<MessageTarget & Omit<Hearer, 'target'>>(sql`
    select ${TARGET}, to_json(w.events) as events, w.from_position::float8 as "fromPosition",
      (select true from webhook_deliveries d where d.tenant_id = w.tenant_id and d.endpoint_id = w.id
        and d.status = 'pending' and d.next_attempt_at <= ${now.toISOString()}::timestamptz
        order by d.next_attempt_at limit 1) is not null as "isBehind"
    from webhook_endpoints w
    where w.active and w.tenant_id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(tenantIds)}::jsonb))
    order by w.tenant_id, w.id`);
  return rows.map(({ events, fromPosition, isBehind, ...target }) => ({ target, events, fromPosition, isBehind }));
}

type Told = { tenantId: string; endpointId: string };
/** Deliveries that are taken as they are made, in the order of their events. */
export type NewBatch = Told & { id: string; eventIds: string[] };
/** A delivery that waits for its turn. */
export type NewDelivery = Told & { id: string; eventId: string; eventType: EventType; position: number };
type Dispatch = { batches: NewBatch[]; waiting: NewDelivery[]; position: number; now: Date; until: Date };

/** Writes what the events became, and moves the cursor behind them: one statement. */
export async function saveDispatch(db: Db, { batches, waiting, position, now, until }: Dispatch): Promise<void> {
  const at = sql`${now.toISOString()}::timestamptz`;
  await db.execute(sql`
    with taken as (
      insert into webhook_batches (tenant_id, endpoint_id, id, event_ids, created_at, until)
      select b."tenantId", b."endpointId", b.id, b."eventIds", ${at}, ${until.toISOString()}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(batches)}::jsonb)
        as b("tenantId" uuid, "endpointId" uuid, id uuid, "eventIds" uuid[])
    ), waiting as (
      insert into webhook_deliveries (tenant_id, id, endpoint_id, event_id, event_type, position, status,
        next_attempt_at, created_at)
      select d."tenantId", d.id, d."endpointId", d."eventId", d."eventType", d.position, 'pending', ${at}, ${at}
      from jsonb_to_recordset(${JSON.stringify(waiting)}::jsonb)
        as d("tenantId" uuid, id uuid, "endpointId" uuid, "eventId" uuid, "eventType" text, position bigint)
    )
    update webhook_cursor set position = ${position}`);
}

type Content = {
  id: string;
  tenantId: string;
  type: EventType;
  position: number;
  sequence: number;
  at: number;
  data: Record<string, unknown>;
};

/** What the events say, on events_position_idx. */
export async function listEventContents(
  db: Db,
  { from, upTo, ids }: { from: number; upTo: number; ids: readonly string[] },
): Promise<Content[]> {
  const rows = await db.execute<Content>(sql`
    select id, tenant_id as "tenantId", type, position::float8, sequence::float8, data, extract(epoch from created_at)::float8 * 1000 as at
    from events where position > ${from} and position <= ${upTo}
      and id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`);
  return [...rows];
}
