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
};

/**
 * Writes what became of deliveries with their attempts, whether they are rows already or not, and of each endpoint since when
 * it fails; removes batches: one statement for all. A delivery that is settled stays so. Written twice, it is as written once.
 */
export async function saveOutcomes(db: Db, { outcomes, ended }: Outcomes): Promise<void> {
  const makings = numberMakings(outcomes);
  const of = (name: keyof DeliveryIdentity) => arrayOf(outcomes.map(({ delivery }) => delivery[name]));
  const at = (name: 'nextAttemptAt' | 'finishedAt') => arrayOf(outcomes.map((one) => one[name]?.getTime()));
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
    select m."tenantId", m."endpointId", o.id, event_id, event_type, position, redelivery_of, m."createdAt", status,
      to_timestamp(next_attempt_at / 1000), to_timestamp(finished_at / 1000), attempts::jsonb
    from unnest(${arrayOf(makings.numbers)}::int[], ${of('id')}::uuid[], ${of('eventId')}::uuid[],
        ${of('eventType')}::text[], ${of('position')}::bigint[], ${of('redeliveryOf')}::uuid[],
        ${arrayOf(outcomes.map(({ status }) => status))}::text[], ${at('nextAttemptAt')}::float8[],
        ${at('finishedAt')}::float8[], ${arrayOf(outcomes.map(attemptsText))}::text[])
      as o(making, id, event_id, event_type, position, redelivery_of, status, next_attempt_at, finished_at, attempts)
    join jsonb_to_recordset(${JSON.stringify(makings.list)}::jsonb)
      as m(number int, "tenantId" uuid, "endpointId" uuid, "createdAt" timestamptz) on m.number = o.making
    on conflict (tenant_id, endpoint_id, id) do update set
      status = case when d.status = 'pending' or excluded.status = 'succeeded' then excluded.status else d.status end,
      next_attempt_at = case when d.status = 'pending' then excluded.next_attempt_at end,
      finished_at = case when d.status = 'pending' or excluded.status = 'succeeded' then excluded.finished_at else d.finished_at end,
      attempts = case when d.attempts @> excluded.attempts then d.attempts else d.attempts || excluded.attempts end`);
}

type Making = Endpoint & { number: number; createdAt: string };

/** What deliveries that were made together share, once for all of them, and for each of them the number of its making. */
function numberMakings(outcomes: readonly DeliveryOutcome[]): { list: Making[]; numbers: number[] } {
  const made = new Map<string, Making>();
  const numbers = outcomes.map(({ delivery: { tenantId, endpointId, createdAt } }) => {
    const key = endpointId + createdAt;
    const making = made.get(key) ?? { tenantId, endpointId, createdAt, number: made.size };
    made.set(key, making);
    return making.number;
  });
  return { list: [...made.values()], numbers };
}

/** JSON as an element of an array: it holds no control characters, and what else is escaped there, JSON escapes the same way. */
function attemptsText({ attempt }: DeliveryOutcome): string {
  return attempt === null ? '[]' : JSON.stringify(`[${JSON.stringify(attempt)}]`);
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
