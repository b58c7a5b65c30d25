import { and, eq, sql } from 'drizzle-orm';
import type { EventType } from '#schemas/events.ts';
import type { Db } from '../client.ts';
import { events } from '../schema/events.ts';
import { questCounts } from '../schema/quest-progress.ts';

// Any constant will do: it only has to be the same in every process, below those of event positions, and no other's.
const COUNTING_LOCK = 7_361_502_916;

export type FoundEvents = { events: number; counts: number };

/**
 * Notes for each new event of the outbox which quests wait for it, and moves the cursor behind them: in one statement, by one
 * process at a time. What is up to the frontier has no gaps. A quest does not count its own events.
 */
export async function findCounts(tx: Db, { limit, now }: { limit: number; now: Date }): Promise<FoundEvents> {
  const [lock] = await tx.execute<{ locked: boolean }>(
    sql`select pg_try_advisory_xact_lock(${COUNTING_LOCK}::bigint) as locked`,
  );
  if (!lock?.locked) return { events: 0, counts: 0 };
  const [range] = await tx.execute<{ from: string; up_to: string }>(
    sql`select position as "from", event_frontier() as up_to from quest_cursor`,
  );
  const [from, upTo] = [Number(range?.from), Number(range?.up_to)];
  if (from >= upTo) return { events: 0, counts: 0 };
  const at = sql`${now.toISOString()}::timestamptz`;
  const [found] = await tx.execute<FoundEvents>(sql`
    with batch as materialized (
      select tenant_id, id, type, object_id, data, created_at, position from events
      where position > ${from} and position <= ${upTo} order by position limit ${limit}
    ), made as (
      insert into quest_counts (tenant_id, quest_id, event_id, status, attempts, next_attempt_at, created_at)
      select b.tenant_id, q.id, b.id, 'pending', 0, ${at}, ${at}
      from batch b join quests q on q.tenant_id = b.tenant_id and q.event = b.type
        and q.event is not null and q.active and q.deleted_at is null
      where q.id::text is distinct from b.data->>'questId'
      on conflict do nothing returning 1
    ), moved as (
      update quest_cursor set position =
        case when (select count(*) from batch) < ${limit} then ${upTo} else (select max(position) from batch) end
    )
    select (select count(*)::int from batch) as events, (select count(*)::int from made) as counts`);
  return found ?? { events: 0, counts: 0 };
}

export type DueCount = {
  tenantId: string;
  questId: string;
  eventId: string;
  attempts: number;
  type: EventType;
  objectId: string;
  data: Record<string, unknown>;
  at: Date;
};

/** What waits to be counted, in the order in which it was found: on quest_counts_due_idx. */
export function listDueCounts(db: Db, { now, limit }: { now: Date; limit: number }): Promise<DueCount[]> {
  return db
    .select({
      tenantId: questCounts.tenantId,
      questId: questCounts.questId,
      eventId: questCounts.eventId,
      attempts: questCounts.attempts,
      type: events.type,
      objectId: events.objectId,
      data: events.data,
      at: events.createdAt,
    })
    .from(questCounts)
    .innerJoin(events, and(eq(events.tenantId, questCounts.tenantId), eq(events.id, questCounts.eventId)))
    .where(
      and(
        eq(questCounts.status, sql.raw("'pending'")),
        sql`${questCounts.nextAttemptAt} <= ${now.toISOString()}::timestamptz`,
      ),
    )
    .orderBy(questCounts.nextAttemptAt, events.position)
    .limit(limit);
}

type Key = { tenantId: string; questId: string; eventId: string };
const isCount = ({ tenantId, questId, eventId }: Key) =>
  and(eq(questCounts.tenantId, tenantId), eq(questCounts.questId, questId), eq(questCounts.eventId, eventId));

/** Held until the transaction ends. False when it is done, or somebody else is at it. */
export async function holdCount(tx: Db, key: Key): Promise<boolean> {
  const rows = await tx
    .select({ status: questCounts.status })
    .from(questCounts)
    .where(and(isCount(key), eq(questCounts.status, sql.raw("'pending'"))))
    .for('update', { skipLocked: true });
  return rows.length > 0;
}

type Outcome = Key & { status: 'counted' | 'ignored'; reason: string | null; progressId: string | null };

/** The caller holds the row. */
export async function finishCount(tx: Db, { status, reason, progressId, ...key }: Outcome): Promise<void> {
  await tx.update(questCounts).set({ status, reason, progressId, nextAttemptAt: null }).where(isCount(key));
}

/** One that failed is tried again later. */
export async function postponeCount(db: Db, { nextAttemptAt, ...key }: Key & { nextAttemptAt: Date }): Promise<void> {
  await db
    .update(questCounts)
    .set({ attempts: sql`${questCounts.attempts} + 1`, nextAttemptAt })
    .where(and(isCount(key), eq(questCounts.status, sql.raw("'pending'"))));
}

type OfProgress = { tenantId: string; questId: string; progressId: string };

/** What was counted for a progress that was revoked is nothing any more. The caller holds the progress. */
export async function forgetCounts(tx: Db, { tenantId, questId, progressId }: OfProgress): Promise<void> {
  await tx
    .update(questCounts)
    .set({ status: 'ignored', reason: 'REVOKED' })
    .where(
      and(
        eq(questCounts.tenantId, tenantId),
        eq(questCounts.questId, questId),
        eq(questCounts.progressId, progressId),
        eq(questCounts.status, sql.raw("'counted'")),
      ),
    );
}

export type CountedCause = { tenantId: string; type: 'payment' | 'claim' | 'quest'; id: string; at: Date };

/**
 * Whether what the event stands on still does: a payment that is not given back, a use of a coupon, a completion or a claim.
 * A payment that was undone and has succeeded again stands by its last success: what was told of it before does not.
 * It is held, so that whoever undoes it at this moment comes before, or finds what was counted for it.
 */
export async function holdCause(tx: Db, { tenantId, type, id, at }: CountedCause): Promise<boolean> {
  const rows = await tx.execute<{ stands: boolean }>(CAUSE[type](tenantId, id, at.toISOString()));
  return [...rows].some(({ stands }) => stands);
}

const CAUSE = {
  payment: (tenantId: string, id: string, at: string) => sql`
    select p.status = 'succeeded' and p.succeeded_at <= ${at}::timestamptz and p.refunded_amount < greatest(p.amount, 1) and p.given_back_at is null and not exists (
      select from disputes d where d.tenant_id = p.tenant_id and d.payment_id = p.id and d.status = 'lost' and d.amount >= p.amount
    ) as stands from payments p where p.tenant_id = ${tenantId} and p.id = ${id} for share of p`,
  claim: (tenantId: string, id: string) => sql`
    select c.status not in ('released', 'expired') as stands from coupon_claims c
    where c.tenant_id = ${tenantId} and c.id = ${id} for share of c`,
  quest: (tenantId: string, id: string) => sql`
    with c as materialized (
      select c.taken_back_at from quest_claims c where c.tenant_id = ${tenantId} and c.id = ${id} for share
    ), p as materialized (
      select p.completed_at from quest_progress p where p.tenant_id = ${tenantId} and p.id = ${id} for share
    )
    select (select taken_back_at is null from c) is not false
      and (select completed_at is not null from p) is not false as stands`,
} as const;

/** Deletes at most `limit` that were found before the instant, on quest_counts_age_idx: their events are gone. Says how many. */
export async function deleteOldCounts(db: Db, { before, limit }: { before: Date; limit: number }): Promise<number> {
  const old = sql`select ctid from quest_counts where created_at < ${before.toISOString()}::timestamptz limit ${limit}`;
  const [row] = await db.execute<{ count: number }>(sql`
    with gone as (delete from quest_counts where ctid = any(array(${old})) returning 1)
    select count(*)::int as count from gone`);
  return row?.count ?? 0;
}
