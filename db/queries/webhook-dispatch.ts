import { sql } from 'drizzle-orm';
import type { EventType } from '#schemas/events.ts';
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

type Range = { from: number; upTo: number; limit: number; now: Date; until: Date };
/** `room`: of an endpoint that `held` does not name. */
type Room = { room: number; most: number; held: HeldOfEndpoint[] };
/** Deliveries that are taken as they are made, in the order of their events: the n-th is of the n-th event. */
export type TakenBatch = { target: MessageTarget; id: string; deliveryIds: string[]; eventIds: string[] };
export type Dispatched = { events: number; deliveries: number; taken: TakenBatch[] };
type Row = MessageTarget & { events: number; deliveries: number; batchId: string | null } & Omit<TakenBatch, 'id'>;

const WAITING_COLUMNS = sql`
  tenant_id, id, endpoint_id, event_id, event_type, position, status, next_attempt_at, created_at`;
// The deliveries and events of a batch in one order, as arrays of JSON.
const BATCH = sql`t.id as "batchId", to_json(t.delivery_ids) as "deliveryIds", to_json(t.event_ids) as "eventIds"`;

/**
 * Makes the deliveries of the next events, on events_position_idx, and moves the cursor behind them. What there is room for is
 * taken as it is made, as a batch for each endpoint, and becomes rows when it is sent, which are then written once. Not so
 * behind others that are due, nor to an endpoint that fails: those are rows that wait.
 */
export async function insertDeliveries(db: Db, range: Range & Room): Promise<Dispatched> {
  const { from, upTo, limit, room, most, held } = range;
  const [now, until] = [sql`${range.now.toISOString()}::timestamptz`, sql`${range.until.toISOString()}::timestamptz`];
  const rows = await db.execute<Row>(sql`
    with batch as materialized (
      select tenant_id, id, type, position from events
      where position > ${from} and position <= ${upTo} order by position limit ${limit}
    ), pairs as materialized (
      select b.tenant_id, b.id as event_id, b.type, b.position, w.id as endpoint_id, w.failing_since,
        row_number() over (partition by w.id order by b.position) as nth, row_number() over (order by b.position) as place
      from batch b join webhook_endpoints w on w.tenant_id = b.tenant_id and w.active and w.from_position < b.position
        and w.events && array[b.type, split_part(b.type, '.', 1) || '.*', '*']
    ), rooms as materialized (
      select e.endpoint_id, coalesce(h.room, ${room}::int) as room
      from (select distinct tenant_id, endpoint_id from pairs where failing_since is null) e
      left join ${HELD(held)} on h."endpointId" = e.endpoint_id
      where not exists (select 1 from webhook_deliveries d where d.tenant_id = e.tenant_id
        and d.endpoint_id = e.endpoint_id and d.status = 'pending' and d.next_attempt_at <= ${now})
    ), made as materialized (
      select p.*, uuidv7() as id, coalesce(p.nth <= r.room and p.place <= ${most}, false) as is_taken
      from pairs p left join rooms r on r.endpoint_id = p.endpoint_id
      order by p.position
    ), waiting as (
      insert into webhook_deliveries (${WAITING_COLUMNS})
      select tenant_id, id, endpoint_id, event_id, type, position, 'pending', ${now}, ${now} from made where not is_taken
    ), taken as (
      insert into webhook_batches (tenant_id, endpoint_id, id, delivery_ids, event_ids, created_at, until)
      select tenant_id, endpoint_id, uuidv7(), array_agg(id order by position), array_agg(event_id order by position),
        ${now}, ${until}
      from made where is_taken group by 1, 2
      returning tenant_id, endpoint_id, id, delivery_ids, event_ids
    ), moved as (
      update webhook_cursor set position =
        case when (select count(*) from batch) < ${limit} then ${upTo} else (select max(position) from batch) end
    )
    select (select count(*)::int from batch) as events, (select count(*)::int from pairs) as deliveries, ${BATCH}, ${TARGET}
    from (select 1) one left join taken t on true
    left join webhook_endpoints w on w.tenant_id = t.tenant_id and w.id = t.endpoint_id`);
  return dispatched([...rows]);
}

function dispatched(rows: readonly Row[]): Dispatched {
  const taken = rows.flatMap(
    ({ events: _events, deliveries: _deliveries, batchId, deliveryIds, eventIds, ...target }) =>
      batchId === null ? [] : [{ target, id: batchId, deliveryIds, eventIds }],
  );
  return { events: rows[0]?.events ?? 0, deliveries: rows[0]?.deliveries ?? 0, taken };
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
