import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';

// As `deliveryIdOf` of the application makes it: the last four digits of the batch's id count its deliveries.
const DELIVERY_ID = sql`(left(b.id::text, 32) || lpad(to_hex(one.nth - 1), 4, '0'))::uuid`;

/** Makes the deliveries of batches whose process is gone rows that are due. What was noted already stays as it is. */
export async function releaseBatches(db: Db, { now }: { now: Date }): Promise<number> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const [row] = await db.execute<{ count: number }>(sql`
    with ended as (delete from webhook_batches where until <= ${at} returning *),
      released as (${insertRest({ status: sql`'pending'`, nextAttemptAt: at, finishedAt: sql`null::timestamptz` })})
    select count(*)::int as count from ended`);
  return row?.count ?? 0;
}

/** Makes what is still to be sent of an endpoint's batches rows that are canceled. */
export async function cancelWebhookBatches(
  db: Db,
  { tenantId, endpointId, now }: { tenantId: string; endpointId: string; now: Date },
): Promise<void> {
  const at = sql`${now.toISOString()}::timestamptz`;
  await db.execute(sql`
    with ended as (
      delete from webhook_batches where tenant_id = ${tenantId} and endpoint_id = ${endpointId} returning *
    )
    ${insertRest({ status: sql`'canceled'`, nextAttemptAt: sql`null::timestamptz`, finishedAt: at })}`);
}

type Fate = { status: SQL; nextAttemptAt: SQL; finishedAt: SQL };

function insertRest({ status, nextAttemptAt, finishedAt }: Fate): SQL {
  return sql`insert into webhook_deliveries (tenant_id, id, endpoint_id, event_id, event_type, position, status,
      next_attempt_at, created_at, finished_at)
    select b.tenant_id, ${DELIVERY_ID}, b.endpoint_id, e.id, e.type, e.position, ${status}, ${nextAttemptAt}, b.created_at, ${finishedAt}
    from ended b cross join unnest(b.event_ids) with ordinality as one(event_id, nth)
    join events e on e.tenant_id = b.tenant_id and e.id = one.event_id
    on conflict do nothing`;
}
