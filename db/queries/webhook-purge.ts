import { sql } from 'drizzle-orm';
import type { Db } from '../client.ts';

type Purge = { before: Date; limit: number };

/** Deletes at most `limit` deliveries made before the instant, on webhook_deliveries_age_idx; says how many. */
export async function deleteOldDeliveries(db: Db, { before, limit }: Purge): Promise<number> {
  const old = sql`select ctid from webhook_deliveries where created_at < ${before.toISOString()}::timestamptz limit ${limit}`;
  const [row] = await db.execute<{ count: number }>(sql`
    with gone as (delete from webhook_deliveries where ctid = any(array(${old})) returning 1)
    select count(*)::int as count from gone`);
  return row?.count ?? 0;
}

/** The same for events. The last number of each object is kept, so that the next event counts on from it. */
export async function deleteOldEvents(db: Db, { before, limit }: Purge): Promise<number> {
  const old = sql`select ctid from events where created_at < ${before.toISOString()}::timestamptz limit ${limit}`;
  const [row] = await db.execute<{ count: number }>(sql`
    with gone as (
      delete from events where ctid = any(array(${old})) returning tenant_id, object_type, object_id, sequence
    ), kept as (
      insert into event_sequences (tenant_id, object_type, object_id, last)
      select tenant_id, object_type, object_id, max(sequence) from gone group by 1, 2, 3
      on conflict (tenant_id, object_type, object_id)
      do update set last = greatest(event_sequences.last, excluded.last)
    )
    select count(*)::int as count from gone`);
  return row?.count ?? 0;
}
