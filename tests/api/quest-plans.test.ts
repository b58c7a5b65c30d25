import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCounts, listDueCounts } from '#db/queries/quest-counts.ts';
import { findQuestState, listQuestStates } from '#db/queries/quest-states.ts';
import { listSubmissions } from '#db/queries/quest-submissions.ts';
import { brandWithMember } from '../support/coupons.ts';
import { makeQuest } from '../support/quests.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const MEMBERS = 2_000;
const DAYS = 30;
const test = await startTestApp();
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId, tierId } = brand;
const other = await brandWithMember(test);
const fields = { kind: 'repeatable', period: 'day', proof: 'text' };
const { id: questId } = await makeQuest(test, brand, fields);
const { id: eventQuestId } = await makeQuest(test, brand, { kind: 'event', event: 'payment.succeeded', target: 9 });
for (let n = 0; n < 8; n += 1) await makeQuest(test, brand, { ...fields, requires: [questId] });
const now = new Date();
let userId = '';

/** How many rows the work reads through an index or past it, and what it answers. */
async function readBy<Answer>(work: (db: any) => Promise<Answer>): Promise<{ read: number; answer: Answer }> {
  return test.deps.db.transaction(async (tx) => {
    // The counters are those of this session: nobody else may read for it.
    await tx.execute('set local max_parallel_workers_per_gather = 0');
    const count = async () => {
      const [row] = await tx.execute(`select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read
        from pg_stat_xact_user_tables where relname like 'quest%' or relname in ('memberships', 'users', 'events')`);
      return Number(row?.['read']);
    };
    const before = await count();
    const answer = await work(tx);
    return { read: (await count()) - before, answer };
  });
}

beforeAll(async () => {
  const [tenant, quest, tier] = [tenantId, questId, tierId];
  await sql`
    insert into users (id, email, name, password_hash, created_at, updated_at)
    select uuidv7(), 'many-' || n || '@example.com', 'Many', 'x', now(), now() from generate_series(1, ${MEMBERS}::int) n`;
  await sql`
    insert into memberships (tenant_id, id, user_id, tier_id, status, started_at, created_at, updated_at)
    select ${tenant}, uuidv7(), id, ${tier}, 'active', now(), now(), now() from users where email like 'many-%'`;
  // The last day of the first three waits.
  await sql`
    insert into quest_submissions
      (tenant_id, id, quest_id, membership_id, user_id, starts_on, timezone, status, text, file_keys, created_at, decided_at)
    select m.tenant_id, uuidv7(), ${quest}, m.id, m.user_id, current_date - d, 'UTC',
      case when d = 1 and m.nth <= 3 then 'submitted' else 'approved' end, 'A tree', '[]', now() - d * interval '1 day',
      case when d = 1 and m.nth <= 3 then null else now() end
    from (select *, row_number() over (order by id) as nth from memberships where tenant_id = ${tenant}) m
    cross join generate_series(1, ${DAYS}::int) d`;
  await sql`
    insert into quest_progress
      (tenant_id, id, quest_id, membership_id, user_id, starts_on, timezone, count, completed_at, claimed_at, created_at, updated_at)
    select tenant_id, uuidv7(), quest_id, membership_id, user_id, starts_on, timezone, 1, created_at, created_at, created_at, created_at
    from quest_submissions where status = 'approved'`;
  await sql`
    insert into quest_claims (tenant_id, id, quest_id, membership_id, user_id, day, timezone, points, bonus_points, streak,
      best_streak, freezes_used, rewards, created_at)
    select tenant_id, uuidv7(), quest_id, membership_id, user_id, starts_on, timezone, 10, 0, 0, 0, 0, '[]', created_at
    from quest_progress where quest_id = ${quest}`;
  await sql`
    insert into quest_members (tenant_id, quest_id, membership_id, claims, streak, best, freezes, last_day, last_at, last_timezone)
    select tenant_id, quest_id, membership_id, count(*), 0, 0, 0, max(day), max(created_at), 'UTC' from quest_claims group by 1, 2, 3`;
  await sql`
    insert into events (tenant_id, id, type, object_type, object_id, sequence, data, created_at)
    select case when n % 10 = 0 then ${other.tenantId}::uuid else ${tenant}::uuid end, uuidv7(), 'payment.succeeded', 'payment',
      uuidv7(), 1, '{}', now() from generate_series(1, 30000) n`;
  await sql`
    insert into quest_counts (tenant_id, quest_id, event_id, status, attempts, next_attempt_at, created_at)
    select tenant_id, ${eventQuestId}, id, case when nth <= 5 then 'pending' else 'counted' end, 0,
      case when nth <= 5 then now() end, now()
    from (select *, row_number() over (order by position) as nth from events
      where tenant_id = ${tenant} and type = 'payment.succeeded') e`;
  await sql`update quest_cursor set position = (select max(position) - 20 from events)`;
  await sql`vacuum analyze`;
  const [one] = await sql`select user_id from quest_progress where quest_id = ${quest} limit 1 offset 900`;
  userId = one?.['user_id'];
}, 600_000);

// They are events of nothing.
afterAll(() => sql`truncate events, quest_counts`);

describe('among many members, days and proofs no more is read than is shown:', () => {
  const page = { at: new Date('9999-12-31'), afterId: 'ffffffff-ffff-ffff-ffff-ffffffffffff', rows: 51 };

  it('a quest with the progress of one member', async () => {
    const { read, answer } = await readBy((db) => findQuestState(db, { tenantId, questId, userId, now }));
    expect(answer?.standing?.claims).toBe(DAYS);
    // Their own days are looked through for what is not claimed, and for the last proof.
    expect(read).toBeLessThanOrEqual(4 * DAYS);
  });

  it.each(['running', 'begun', 'all'] as const)('a page of quests: %s', async (which) => {
    const first = { at: new Date(0), afterId: '00000000-0000-0000-0000-000000000000', rows: 51 };
    const asking = { tenantId, userId, now, which, page: first };
    const { read, answer } = await readBy((db) => listQuestStates(db, asking));
    expect(answer).toHaveLength(which === 'begun' ? 1 : 10);
    expect(read).toBeLessThanOrEqual(600);
  });

  it('the proofs of a quest', async () => {
    const { read, answer } = await readBy((db) => listSubmissions(db, { tenantId, questId, page }));
    expect(answer).toHaveLength(51);
    expect(read).toBeLessThanOrEqual(200);
  });

  it('those that wait', async () => {
    const asking = { tenantId, questId, status: 'submitted' as const, page };
    const { read, answer } = await readBy((db) => listSubmissions(db, asking));
    expect(answer).toHaveLength(3);
    expect(read).toBeLessThanOrEqual(20);
  });

  it("a member's own", async () => {
    const { read, answer } = await readBy((db) => listSubmissions(db, { tenantId, questId, userId, page }));
    expect(answer).toHaveLength(DAYS);
    expect(read).toBeLessThanOrEqual(100);
  });

  it('what is to be counted', async () => {
    const { read, answer } = await readBy((db) => listDueCounts(db, { now: new Date(), limit: 200 }));
    expect(answer).toHaveLength(5);
    expect(read).toBeLessThanOrEqual(50);
  });

  it('what has happened since', async () => {
    const { read, answer } = await readBy((db) => findCounts(db, { limit: 1_000, now: new Date() }));
    expect(answer.events).toBe(20);
    expect(read).toBeLessThanOrEqual(400);
  });
});
