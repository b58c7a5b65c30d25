import { sql } from 'drizzle-orm';
import type { DeliveryStatus } from '#schemas/webhooks.ts';
import type { Db } from '../client.ts';
import type { StoredAttempt } from '../schema/webhooks.ts';

/** What a delivery is, whatever becomes of it: enough to write it for the first time. */
export type DeliveryIdentity = {
  tenantId: string;
  endpointId: string;
  id: string;
  eventId: string;
  eventType: string;
  position: number;
  redeliveryOf: string | null;
  /** As the database reads it. */
  createdAt: string;
};

/** What becomes of a delivery. `attempt` null: nothing was sent. */
export type DeliveryOutcome = {
  delivery: DeliveryIdentity;
  status: DeliveryStatus;
  nextAttemptAt: Date | null;
  finishedAt: Date | null;
  attempt: StoredAttempt | null;
};

type Endpoint = { tenantId: string; endpointId: string };
/** How an endpoint did: whether anything succeeded, and when the first of the attempts was. */
type EndpointHealth = Endpoint & { works: boolean; at: string };
export type Outcomes = {
  /** Each of another delivery. */
  outcomes: readonly DeliveryOutcome[];
  /** Batches of which nothing is left. */
  ended: readonly (Endpoint & { id: string })[];
  /** None of them is a row yet: written so, they cost two thirds. One that is there is a violation of the primary key. */
  areNew?: boolean;
};

const MERGE = sql`
    on conflict (tenant_id, endpoint_id, id) do update set
      status = case when d.status = 'pending' or excluded.status = 'succeeded' then excluded.status else d.status end,
      next_attempt_at = case when d.status = 'pending' then excluded.next_attempt_at end,
      finished_at = case when d.status = 'pending' or excluded.status = 'succeeded' then excluded.finished_at else d.finished_at end,
      attempts = case when d.attempts @> excluded.attempts then d.attempts else d.attempts || excluded.attempts end`;

/**
 * Writes what became of deliveries with their attempts, whether they are rows already or not, and of each endpoint since when
 * it fails; removes batches: one statement for all. A delivery that is settled stays so. Written twice, it is as written once.
 */
export async function saveOutcomes(db: Db, { outcomes, ended, areNew = false }: Outcomes): Promise<void> {
  const shared = shareOut(outcomes);
  const of = (name: 'id' | 'eventId' | 'position') => arrayOf(outcomes.map(({ delivery }) => delivery[name]));
  await db.execute(sql`
    with health as (
      select * from jsonb_to_recordset(${JSON.stringify(healthOf(outcomes))}::jsonb)
        as h("tenantId" uuid, "endpointId" uuid, works boolean, at timestamptz)
    ), ailing as (
      update webhook_endpoints w set failing_since = case when h.works then null else h.at end
      from health h where w.tenant_id = h."tenantId" and w.id = h."endpointId" and h.works = (w.failing_since is not null)
    ), finished as (
      delete from webhook_batches b
      using jsonb_to_recordset(${JSON.stringify(ended)}::jsonb) as e("tenantId" uuid, "endpointId" uuid, id uuid)
      where b.tenant_id = e."tenantId" and b.endpoint_id = e."endpointId" and b.id = e.id
    )
    insert into webhook_deliveries as d (tenant_id, endpoint_id, id, event_id, event_type, position, redelivery_of,
      created_at, status, next_attempt_at, finished_at, attempts)
    select s."tenantId", s."endpointId", o.id, event_id, "eventType", position, "redeliveryOf", "createdAt", status,
      "nextAttemptAt", to_timestamp(finished_at / 1000), attempts
    from rows from (unnest(${arrayOf(shared.numbers)}::int[]), unnest(${of('id')}::uuid[]),
        unnest(${of('eventId')}::uuid[]), unnest(${of('position')}::bigint[]),
        unnest(${arrayOf(outcomes.map(({ finishedAt }) => finishedAt?.getTime()))}::float8[]),
        jsonb_array_elements(${JSON.stringify(outcomes.map(({ attempt }) => (attempt ? [attempt] : [])))}::jsonb))
      as o(shared, id, event_id, position, finished_at, attempts)
    join jsonb_to_recordset(${JSON.stringify(shared.list)}::jsonb) as s(number int, "tenantId" uuid, "endpointId" uuid,
      "createdAt" timestamptz, "eventType" text, "redeliveryOf" uuid, status text, "nextAttemptAt" timestamptz)
      on s.number = o.shared${areNew ? sql`` : MERGE}`);
}

type Shared = Endpoint &
  Pick<DeliveryIdentity, 'createdAt' | 'eventType' | 'redeliveryOf'> &
  Pick<DeliveryOutcome, 'status' | 'nextAttemptAt'> & { number: number };

/** What deliveries that were made together have in common, once for all of them, and for each of them the number of that. */
function shareOut(outcomes: readonly DeliveryOutcome[]): { list: Shared[]; numbers: number[] } {
  const found = new Map<string, Shared>();
  const numbers = outcomes.map(({ delivery, status, nextAttemptAt }) => {
    const { tenantId, endpointId, createdAt, eventType, redeliveryOf } = delivery;
    const key = endpointId + createdAt + eventType + status + (redeliveryOf ?? '') + (nextAttemptAt?.getTime() ?? '');
    const known = found.get(key);
    if (known) return known.number;
    const number = found.size;
    found.set(key, { number, tenantId, endpointId, createdAt, eventType, redeliveryOf, status, nextAttemptAt });
    return number;
  });
  return { list: [...found.values()], numbers };
}

/** As a parameter of an array's type. None of the values holds a character that means something there. */
function arrayOf(values: readonly (string | number | null | undefined)[]): string {
  return `{${values.map((value) => value ?? 'null').join(',')}}`;
}

function healthOf(outcomes: readonly DeliveryOutcome[]): EndpointHealth[] {
  const found = new Map<string, EndpointHealth>();
  for (const { delivery, status, attempt } of outcomes) {
    if (attempt === null) continue;
    const { tenantId, endpointId } = delivery;
    const known = found.get(endpointId);
    if (!known) found.set(endpointId, { tenantId, endpointId, works: status === 'succeeded', at: attempt.at });
    else {
      known.works ||= status === 'succeeded';
      if (attempt.at < known.at) known.at = attempt.at;
    }
  }
  return [...found.values()];
}
