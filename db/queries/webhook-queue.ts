import { sql } from 'drizzle-orm';
import type { EventType } from '#schemas/events.ts';
import type { Db } from '../client.ts';
import { HELD, type HeldOfEndpoint, type MessageTarget, TARGET } from './webhook-dispatch.ts';

/** A delivery taken to be sent now, with what its message needs. */
export type TakenDelivery = MessageTarget & {
  id: string;
  eventId: string;
  eventType: string;
  position: number;
  attempts: number;
  createdAt: string;
  redeliveryOf: string | null;
  /** null for a test, which has no event, and for an event that is purged. */
  event: { type: EventType; at: number; sequence: number; data: Record<string, unknown> } | null;
};

export type EndpointKey = { tenantId: string; endpointId: string };

/** Which of them are off, or gone. */
export async function listEndedEndpoints(db: Db, endpoints: readonly EndpointKey[]): Promise<string[]> {
  const keys = endpoints.map(({ tenantId, endpointId }) => ({ tenantId, endpointId }));
  const rows = await db.execute<{ id: string }>(sql`
    select e."endpointId" as id
    from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as e("tenantId" uuid, "endpointId" uuid)
    where not exists (select 1 from webhook_endpoints w where w.tenant_id = e."tenantId" and w.id = e."endpointId" and w.active)`);
  return rows.map(({ id }) => id);
}

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

const TAKEN = sql`${TARGET}, t.id, t.event_id as "eventId", t.event_type as "eventType",
  t.position::float8, jsonb_array_length(t.attempts) as attempts, t.created_at::text as "createdAt", t.redelivery_of as "redeliveryOf",
  case when e.id is null then null else jsonb_build_object('type', e.type, 'sequence', e.sequence, 'data', e.data,
    'at', extract(epoch from e.created_at)::float8 * 1000) end as event`;

/**
 * Takes what is due, for each endpoint the oldest first and only so many at a time. Endpoints that fail come last, and not
 * all of them at once; of the others those come first that have the least on its way. So one that is slow or dead holds up
 * none, and many of them do not either. Taken: the next attempt is put off. The update asks for the key alone: with the
 * status of rows that are locked anyhow, it may be planned as a walk through all that is pending, for each of them.
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
      select d.tenant_id, d.endpoint_id, d.id
      from (select * from ready where not fails or turn <= ${failingTurns}::int order by fails, turn) r
      cross join lateral (
        select tenant_id, endpoint_id, id from webhook_deliveries d
        where d.tenant_id = r.tenant_id and d.endpoint_id = r.id and status = 'pending'
          and next_attempt_at <= ${now.toISOString()}::timestamptz
        order by next_attempt_at, position
        limit greatest(0, case when r.fails then ${perFailing}::int - r.held else r.room end)
        for update skip locked
      ) d
      limit ${most}
    ), taken as (
      update webhook_deliveries d set next_attempt_at = ${until.toISOString()}::timestamptz
      from due where d.tenant_id = due.tenant_id and d.endpoint_id = due.endpoint_id and d.id = due.id
      returning d.*
    )
    select ${TAKEN}
    from taken t
    join webhook_endpoints w on w.tenant_id = t.tenant_id and w.id = t.endpoint_id
    left join events e on e.tenant_id = t.tenant_id and e.id = t.event_id
    order by t.position`);
  return [...rows];
}
