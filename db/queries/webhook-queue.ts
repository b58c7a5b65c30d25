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

type Range = { from: number; upTo: number; limit: number; now: Date };

/** Makes the deliveries of the next events, on events_position_idx, and moves the cursor behind them. */
export async function insertDueDeliveries(db: Db, { from, upTo, limit, now }: Range): Promise<number> {
  const [row] = await db.execute<{ events: number }>(sql`
    with batch as materialized (
      select tenant_id, id, type, position from events
      where position > ${from} and position <= ${upTo} order by position limit ${limit}
    ), made as (
      insert into webhook_deliveries
        (tenant_id, id, endpoint_id, event_id, event_type, position, status, attempts, next_attempt_at, created_at)
      select b.tenant_id, uuidv7(), w.id, b.id, b.type, b.position, 'pending', 0, ${now.toISOString()}::timestamptz,
        ${now.toISOString()}::timestamptz
      from batch b join webhook_endpoints w on w.tenant_id = b.tenant_id and w.active and w.from_position < b.position
        and w.events && array[b.type, split_part(b.type, '.', 1) || '.*', '*']
      order by b.position
    ), moved as (
      update webhook_cursor set position =
        case when (select count(*) from batch) < ${limit} then ${upTo} else (select max(position) from batch) end
    )
    select count(*)::int as events from batch`);
  return row?.events ?? 0;
}

/** A delivery taken to be sent now, with what its message needs. */
export type TakenDelivery = {
  tenantId: string;
  id: string;
  endpointId: string;
  eventId: string;
  eventType: string;
  attempts: number;
  redeliveryOf: string | null;
  url: string;
  secret: string;
  previousSecret: string | null;
  previousSecretUntil: number | null;
  failingSince: number | null;
  /** null for a test, which has no event, and for an event that is purged. */
  event: { type: EventType; at: number; sequence: number; data: Record<string, unknown> } | null;
};

type Taking = {
  now: Date;
  until: Date;
  most: number;
  perEndpoint: number;
  perFailing: number;
  /** How many of the endpoints that fail have a turn. */
  failingTurns: number;
  busy: BusyEndpoint[];
};
export type BusyEndpoint = { endpointId: string; running: number };

// The endpoints that have something to do and since when, one after the other on webhook_deliveries_due_idx.
const WAITING = sql`
  (select tenant_id, endpoint_id, next_attempt_at from webhook_deliveries where status = 'pending' order by 1, 2, 3 limit 1)
  union all
  select n.tenant_id, n.endpoint_id, n.next_attempt_at from waiting w cross join lateral (
    select tenant_id, endpoint_id, next_attempt_at from webhook_deliveries d
    where status = 'pending' and (d.tenant_id, d.endpoint_id) > (w.tenant_id, w.endpoint_id) order by 1, 2, 3 limit 1
  ) n`;

const TAKEN = sql`t.tenant_id as "tenantId", t.id, t.endpoint_id as "endpointId", t.event_id as "eventId",
  t.event_type as "eventType", t.attempts, t.redelivery_of as "redeliveryOf",
  w.url, w.secret, w.previous_secret as "previousSecret",
  extract(epoch from w.previous_secret_until)::float8 * 1000 as "previousSecretUntil",
  extract(epoch from w.failing_since)::float8 * 1000 as "failingSince",
  case when e.id is null then null else jsonb_build_object('type', e.type, 'sequence', e.sequence, 'data', e.data,
    'at', extract(epoch from e.created_at)::float8 * 1000) end as event`;

/**
 * Takes what is due, for each endpoint the oldest first and only so many at a time. Endpoints that fail come last, and not
 * all of them at once; of the others those come first that have the least on its way. So one that is slow or dead holds up
 * none, and many of them do not either. Taken: the next attempt is put off.
 */
export async function takeDueDeliveries(db: Db, input: Taking): Promise<TakenDelivery[]> {
  const { now, until, most, perEndpoint, perFailing, failingTurns, busy } = input;
  const rows = await db.execute<TakenDelivery>(sql`
    with recursive waiting as (${WAITING}), ready as (
      select w.tenant_id, w.id, w.failing_since is not null as fails, coalesce(b.running, 0) as running,
        row_number() over (partition by w.failing_since is not null order by coalesce(b.running, 0), random()) as turn
      from waiting
      join webhook_endpoints w on w.tenant_id = waiting.tenant_id and w.id = waiting.endpoint_id and w.active
      left join jsonb_to_recordset(${JSON.stringify(busy)}::jsonb) as b("endpointId" uuid, running int)
        on b."endpointId" = w.id
      where waiting.next_attempt_at <= ${now.toISOString()}::timestamptz
    ), due as (
      select d.tenant_id, d.id
      from (select * from ready where not fails or turn <= ${failingTurns}::int order by fails, turn) r
      cross join lateral (
        select tenant_id, id from webhook_deliveries d
        where d.tenant_id = r.tenant_id and d.endpoint_id = r.id and status = 'pending'
          and next_attempt_at <= ${now.toISOString()}::timestamptz
        order by next_attempt_at, position
        limit greatest(0, case when r.fails then ${perFailing}::int else ${perEndpoint}::int end - r.running)
        for update skip locked
      ) d
      limit ${most}
    ), taken as (
      update webhook_deliveries d set next_attempt_at = ${until.toISOString()}::timestamptz
      from due where d.tenant_id = due.tenant_id and d.id = due.id and d.status = 'pending'
      returning d.*
    )
    select ${TAKEN}
    from taken t
    join webhook_endpoints w on w.tenant_id = t.tenant_id and w.id = t.endpoint_id
    left join events e on e.tenant_id = t.tenant_id and e.id = t.event_id
    order by t.position`);
  return [...rows];
}

/** What becomes of a delivery. `attempt` null: nothing was sent. */
export type DeliveryOutcome = {
  tenantId: string;
  endpointId: string;
  deliveryId: string;
  status: 'pending' | 'succeeded' | 'failed' | 'canceled';
  nextAttemptAt: Date | null;
  finishedAt: Date | null;
  attempt: {
    number: number;
    at: Date;
    statusCode: number | null;
    durationMs: number;
    error: string | null;
    response: string | null;
  } | null;
};

/**
 * Writes the attempts, what becomes of their deliveries, and of each endpoint since when it fails: one statement for all.
 * A delivery that is settled stays so. Written twice, it is as written once.
 */
export async function saveOutcomes(db: Db, outcomes: readonly DeliveryOutcome[]): Promise<void> {
  await db.execute(sql`
    with told as (
      select * from jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb) as o("tenantId" uuid, "endpointId" uuid,
        "deliveryId" uuid, status text, "nextAttemptAt" timestamptz, "finishedAt" timestamptz, attempt jsonb)
    ), noted as (
      insert into webhook_attempts (tenant_id, delivery_id, number, at, status_code, duration_ms, error, response)
      select "tenantId", "deliveryId", (attempt->>'number')::int, (attempt->>'at')::timestamptz,
        (attempt->>'statusCode')::int, (attempt->>'durationMs')::int, attempt->>'error', attempt->>'response'
      from told where coalesce(attempt, 'null') <> 'null'
      on conflict do nothing
    ), health as (
      select "tenantId", "endpointId", bool_or(status = 'succeeded') as works, min(attempt->>'at')::timestamptz as at
      from told where coalesce(attempt, 'null') <> 'null' group by 1, 2
    ), ailing as (
      update webhook_endpoints w set failing_since = case when h.works then null else h.at end
      from health h where w.tenant_id = h."tenantId" and w.id = h."endpointId" and h.works = (w.failing_since is not null)
    )
    update webhook_deliveries d set
      status = case when d.status = 'pending' or told.status = 'succeeded' then told.status else d.status end,
      next_attempt_at = case when d.status = 'pending' then told."nextAttemptAt" end,
      finished_at = case when d.status = 'pending' or told.status = 'succeeded' then told."finishedAt" else d.finished_at end,
      attempts = greatest(d.attempts, (attempt->>'number')::int)
    from told where d.tenant_id = told."tenantId" and d.id = told."deliveryId"`);
}
