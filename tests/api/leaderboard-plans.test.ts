import { beforeAll, describe, expect, it } from 'vitest';
import { countScores, findLeaderboard } from '#db/queries/leaderboards.ts';
import { listDueExpiries } from '#db/queries/point-expiry.ts';
import { insertPointEntry } from '#db/queries/points.ts';
import { newId } from '#src/lib/ids.ts';
import { KINDS } from '#src/points/rules.ts';
import { type Holder, newHolder, pointsBrand } from '../support/points.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const ROWS = 60_000;
const test = await startTestApp();
const { sql } = openRows(test.url);
const brand = await pointsBrand(test);
const { tenantId } = brand;
let holder: Holder;

/** How many rows of the tables of points the work reads, through an index or past it, and what it answers. */
async function readBy<Answer>(work: (db: any) => Promise<Answer>): Promise<{ read: number; answer: Answer }> {
  return test.deps.db.transaction(async (tx) => {
    await tx.execute('set local max_parallel_workers_per_gather = 0');
    const count = async () => {
      const [row] = await tx.execute(`select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read
        from pg_stat_xact_user_tables
        where relname in ('leaderboard_scores', 'leaderboard_buckets', 'memberships', 'users', 'point_entries', 'tiers')`);
      return Number(row?.['read']);
    };
    const before = await count();
    const answer = await work(tx);
    return { read: (await count()) - before, answer };
  });
}

beforeAll(async () => {
  holder = await newHolder(test, brand);
  const { membershipId } = holder;
  await sql`insert into leaderboard_scores (tenant_id, period, starts_on, membership_id, points, counted)
    select ${tenantId}::uuid, 'all', date '1970-01-01', uuidv7(), n * 3, n * 3 from generate_series(1, ${ROWS}::int) n
    union all select ${tenantId}::uuid, 'all', date '1970-01-01', ${membershipId}::uuid, 90001, 90001`;
  await sql`insert into leaderboard_buckets (tenant_id, period, starts_on, level, bucket, members)
    select tenant_id, period, starts_on, level, points >> (10 * level), count(*)
    from leaderboard_scores cross join generate_series(0, 3) level group by 1, 2, 3, 4, 5`;
  await sql`vacuum analyze leaderboard_scores, leaderboard_buckets`;
}, 300_000);

describe('among many scores no more is read than is needed:', () => {
  const asking = { period: 'all' as const, limit: 20, now: new Date() };

  it('the first ones and the own rank', async () => {
    const { read, answer } = await readBy((db) => findLeaderboard(db, { tenantId, userId: holder.userId, ...asking }));
    expect(answer?.me).toEqual({ points: 90_001, rank: 30_001 });
    // At most 1,023 siblings on each of the levels that so many points have.
    expect(read).toBeLessThanOrEqual(1_023 + 180 + 100);
  });

  it('the own rank while some are not counted', async () => {
    const { read, answer } = await readBy(async (db) => {
      await db.execute(
        `update leaderboard_scores set points = points + 100000 where period = 'all' and points in (3, 6, 9, 90000)`,
      );
      const { read: own, answer: found } = await sameTransaction(db);
      return { own, found };
    });
    expect(read).toBeGreaterThan(0);
    expect(answer.found?.me).toEqual({ points: 90_001, rank: 30_005 });
    expect(answer.own).toBeLessThanOrEqual(1_023 + 180 + 120);
    await sql`update leaderboard_scores set points = counted where points <> counted`;
  });

  const sameTransaction = async (db: any) => {
    const count = async () =>
      Number(
        (
          await db.execute(`select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read
            from pg_stat_xact_user_tables where relname in ('leaderboard_scores', 'leaderboard_buckets')`)
        )[0]?.read,
      );
    const before = await count();
    const answer = await findLeaderboard(db, { tenantId, userId: holder.userId, ...asking });
    return { read: (await count()) - before, answer };
  };

  it('what is to be counted', async () => {
    const { read, answer } = await readBy((db) => countScores(db, { limit: 500 }));
    expect(answer).toBe(0);
    expect(read).toBeLessThanOrEqual(50);
  });

  it('a movement, with all that it writes', async () => {
    const now = new Date();
    const cause = { note: null, causeType: 'questClaim', causeId: newId(), createdAt: now, earnedAt: now };
    const entry = { tenantId, id: newId(), membershipId: holder.membershipId, amount: 5, reason: 'quest' as const };
    const { read, answer } = await readBy((db) =>
      insertPointEntry(db, { ...entry, ...cause, ...KINDS.quest, mayOverdraw: true, isExpiry: false }),
    );
    expect(answer).toMatchObject({ balance: 5, isTierUnsettled: false });
    expect(read).toBeLessThanOrEqual(20);
  });

  it('who has points that expire', async () => {
    const { read, answer } = await readBy((db) => listDueExpiries(db, { now: new Date(), limit: 500 }));
    expect(answer).toEqual([]);
    expect(read).toBeLessThanOrEqual(5);
  });
});
