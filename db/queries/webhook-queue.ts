import { sql } from 'drizzle-orm';
import type { EventType } from '#schemas/events.ts';
import type { Db } from '../client.ts';
import { HELD, type HeldOfEndpoint, type MessageTarget, TARGET } from './webhook-dispatch.ts';

/** A delivery taken to be sent now, with what its message needs. */
export type TakenDelivery = MessageTarget & {
  id: string;
  eventId: string;
  eventType: string;
  attempts: number;
  redeliveryOf: string | null;
  /** null for a test, which has no event, and for an event that is purged. */
  event: { type: EventType; at: number; sequence: number; data: Record<string, unknown> } | null;
};

type Taking = {
  now: Date;
  until: Date;
  most: number;
  /** Of an endpoint that `held` does not name. */
  room: number;
  perFailing: number;
  /** How many of the endpoints that fail have a turn. */
  failingTurns: number;
  held: HeldOfEndpoint[];
};

// The endpoints that have something to do and since when, one after the other on webhook_deliveries_due_idx.
const WAITING = sql`
  (select tenant_id, endpoint_id, next_attempt_at from webhook_deliveries where status = 'pending' order by 1, 2, 3 limit 1)
  union all
  select n.tenant_id, n.endpoint_id, n.next_attempt_at from waiting w cross join lateral (
    select tenant_id, endpoint_id, next_attempt_at from webhook_deliveries d
    where status = 'pending' and (d.tenant_id, d.endpoint_id) > (w.tenant_id, w.endpoint_id) order by 1, 2, 3 limit 1
  ) n`;

const TAKEN = sql`${TARGET}, t.id, t.event_id as "eventId", t.event_type as "eventType", t.attempts,
  t.redelivery_of as "redeliveryOf",
  case when e.id is null then null else jsonb_build_object('type', e.type, 'sequence', e.sequence, 'data', e.data,
    'at', extract(epoch from e.created_at)::float8 * 1000) end as event`;

/**
 * Takes what is due, for each endpoint the oldest first and only so many at a time. Endpoints that fail come last, and not
 * all of them at once; of the others those come first that have the least on its way. So one that is slow or dead holds up
 * none, and many of them do not either. Taken: the next attempt is put off.
 */
export async function takeDueDeliveries(db: Db, input: Taking): Promise<TakenDelivery[]> {
  const { now, until, most, room, perFailing, failingTurns, held } = input;
  const rows = await db.execute<TakenDelivery>(sql`
    with recursive waiting as (${WAITING}), ready as (
      select w.tenant_id, w.id, w.failing_since is not null as fails, coalesce(h.held, 0) as held,
        coalesce(h.room, ${room}::int) as room,
        row_number() over (partition by w.failing_since is not null order by coalesce(h.held, 0), random()) as turn
      from waiting
      join webhook_endpoints w on w.tenant_id = waiting.tenant_id and w.id = waiting.endpoint_id and w.active
      left join ${HELD(held)} on h."endpointId" = w.id
      where waiting.next_attempt_at <= ${now.toISOString()}::timestamptz
    ), due as (
      select d.tenant_id, d.id
      from (select * from ready where not fails or turn <= ${failingTurns}::int order by fails, turn) r
      cross join lateral (
        select tenant_id, id from webhook_deliveries d
        where d.tenant_id = r.tenant_id and d.endpoint_id = r.id and status = 'pending'
          and next_attempt_at <= ${now.toISOString()}::timestamptz
        order by next_attempt_at, position
        limit greatest(0, case when r.fails then ${perFailing}::int - r.held else r.room end)
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
