import { describe, expect, it } from 'vitest';
import { withTx } from '#src/context.ts';
import { recordEffects } from '#src/effects/record-effects.ts';
import { takeBackEffects } from '#src/effects/take-back-effects.ts';
import { countScores } from '#src/leaderboards/count-scores.ts';
import { newId } from '#src/lib/ids.ts';
import { tokenAt } from '../support/coupons.ts';
import { checkInvariants } from '../support/invariants.ts';
import { makeKey } from '../support/keys.ts';
import { addDays, type Holder, jobsAt, move, newHolder, type PointsBrand, pointsBrand } from '../support/points.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);

type Asking = { token: string; period?: string; limit?: number; at?: Date };

async function board({ tenantId }: { tenantId: string }, { token, period = 'all', limit = 20, at }: Asking) {
  const headers = at ? { 'x-test-clock': at.toISOString() } : {};
  const path = `quests/tenant/${tenantId}/leaderboard?period=${period}&limit=${limit}`;
  const answer = await test.call('GET', path, { token, headers });
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
}

const count = () => countScores({ db: test.deps.db });
async function holders(brand: PointsBrand, ...amounts: number[]): Promise<Holder[]> {
  const made = [];
  for (const [n, amount] of amounts.entries()) {
    const holder = await newHolder(test, brand, `holder ${n}`);
    if (amount > 0) await move(test, holder, { amount });
    made.push(holder);
  }
  return made;
}
type Shown = { rank: number; name: string | null; points: number; isMe: boolean; userId?: string };
const placesOf = ({ entries }: { entries: Shown[] }) => entries.map(({ rank, points }) => [rank, points]);

describe('a leaderboard', () => {
  it('ranks by points, equal ones alike, in a stable order, with the own place however far down', async () => {
    const brand = await pointsBrand(test);
    const all = await holders(brand, 30, 50, 30, 20, 0);
    const [, , third, last, none] = all as [Holder, Holder, Holder, Holder, Holder];
    for (const when of ['before', 'after']) {
      const shown = await board(brand, { token: third.token });
      expect(placesOf(shown), when).toEqual([
        [1, 50],
        [2, 30],
        [2, 30],
        [4, 20],
      ]);
      expect(shown.entries.map(({ isMe }: Shown) => isMe)).toEqual([false, false, true, false]);
      expect(shown).toMatchObject({ period: 'all', startsOn: null, endsOn: null, me: { rank: 2, points: 30 } });
      const top = await board(brand, { token: last.token, limit: 2 });
      expect(placesOf(top)).toEqual([
        [1, 50],
        [2, 30],
      ]);
      expect(top.me).toEqual({ rank: 4, points: 20 });
      expect((await board(brand, { token: none.token })).me).toBeNull();
      await count();
    }
  });

  it('counts what was earned, not what was adjusted, spent, given back or has expired', async () => {
    const brand = await pointsBrand(test);
    const [holder] = (await holders(brand, 0)) as [Holder];
    for (const [reason, amount] of [
      ['quest', 100],
      ['streak_bonus', 20],
      ['referral', 3],
      ['adjustment', 1_000],
      ['purchase', -500],
      ['purchase_refund', 400],
      ['freeze', -50],
      ['expired', -100],
    ] as const) {
      await move(test, holder, { amount, reason });
    }
    for (const period of ['day', 'week', 'month', 'all']) {
      expect((await board(brand, { token: holder.token, period })).me).toEqual({ rank: 1, points: 123 });
    }
    await checkInvariants(sql);
  });

  it('shows names and not e-mail addresses, ids only to the team and its keys, and no name that is hidden', async () => {
    const brand = await pointsBrand(test);
    const [shy, other] = (await holders(brand, 20, 10)) as [Holder, Holder];
    const path = `tenants/${brand.tenantId}/membership`;
    const hide = (hidesName: boolean) => test.call('PATCH', path, { token: shy.token, body: { hidesName } });
    const names = async (token: string) => (await board(brand, { token })).entries.map(({ name }: Shown) => name);
    expect(await names(other.token)).toEqual(['holder 0', 'holder 1']);
    expect((await hide(true)).body.data).toMatchObject({ hidesName: true });
    await hide(true);
    const told = await sql`select data from events where object_id = ${shy.membershipId} order by sequence`;
    expect(told.map(({ data }) => data.hidesName)).toEqual([false, true]);
    const staff = await quickMember(test, brand.tenantId, 'staff');
    const { key } = await makeKey(test, brand, { scopes: ['read'] });
    for (const token of [other.token, staff.token, key]) expect(await names(token)).toEqual([null, 'holder 1']);
    expect(await names(shy.token)).toEqual(['holder 0', 'holder 1']);
    const ids = async (token: string) => (await board(brand, { token })).entries.map(({ userId }: Shown) => userId);
    for (const token of [staff.token, key]) expect(await ids(token)).toEqual([shy.userId, other.userId]);
    for (const token of [shy.token, other.token]) expect(await ids(token)).toEqual([undefined, undefined]);
    expect(JSON.stringify(await board(brand, { token: staff.token }))).not.toContain('@');
    expect((await board(brand, { token: key })).me).toBeNull();
    await hide(false);
    expect(await names(other.token)).toEqual(['holder 0', 'holder 1']);
    const stranger = await quickPerson(test);
    const refused = await test.call('PATCH', path, { token: stranger.token, body: { hidesName: true } });
    expect(refused.body.error.code).toBe('NOT_JOINED');
    expect((await test.call('PATCH', path, { token: shy.token, body: {} })).status).toBe(400);
  });

  it('is of one brand', async () => {
    const [mine, theirs] = [await pointsBrand(test), await pointsBrand(test)];
    const [holder] = (await holders(mine, 10)) as [Holder];
    await holders(theirs, 20);
    await count();
    expect(placesOf(await board(mine, { token: holder.token }))).toEqual([[1, 10]]);
    expect(placesOf(await board(theirs, { token: holder.token }))).toEqual([[1, 20]]);
    expect((await board(theirs, { token: holder.token })).me).toBeNull();
  });

  it('refuses periods and limits that there are not', async () => {
    const brand = await pointsBrand(test);
    const [{ token }] = (await holders(brand, 1)) as [Holder];
    for (const query of ['period=year', 'period=', 'limit=0', 'limit=101', 'limit=x']) {
      const answer = await test.call('GET', `quests/tenant/${brand.tenantId}/leaderboard?${query}`, { token });
      expect(answer.status, query).toBe(400);
    }
    expect((await test.call('GET', `quests/tenant/${newId()}/leaderboard`, { token })).status).toBe(404);
    expect((await test.call('GET', `quests/tenant/${brand.tenantId}/leaderboard`)).status).toBe(401);
  });
});

describe('periods', () => {
  it('begin in the zone of the brand: days at its midnight, weeks on Mondays, months on the first', async () => {
    const brand = await pointsBrand(test);
    const { tenantId, owner } = brand;
    await test.call('PATCH', `tenants/${tenantId}`, { token: owner.token, body: { timezone: 'Pacific/Auckland' } });
    const [holder] = (await holders(brand, 0)) as [Holder];
    // Monday 2 March 2026 begins in Auckland on Sunday at 11:00 UTC.
    const monday = new Date('2026-03-01T11:00:00Z');
    await move(test, holder, { amount: 1, at: new Date('2026-02-28T10:59:59.999Z') });
    await move(test, holder, { amount: 10, at: new Date('2026-02-28T11:00:00Z') });
    await move(test, holder, { amount: 100, at: new Date(monday.getTime() - 1) });
    await move(test, holder, { amount: 1_000, at: monday });
    const at = new Date(monday.getTime() + 3_600_000);
    const token = await tokenAt(test, sql, { userId: holder.userId, at });
    const read = async (period: string, instant = at) => {
      const { startsOn, endsOn, timezone, me } = await board(brand, { token, period, at: instant });
      expect(timezone).toBe('Pacific/Auckland');
      return [startsOn, endsOn, me.points];
    };
    expect(await read('day')).toEqual(['2026-03-02', '2026-03-02', 1_000]);
    expect(await read('week')).toEqual(['2026-03-02', '2026-03-08', 1_000]);
    expect(await read('month')).toEqual(['2026-03-01', '2026-03-31', 1_110]);
    expect(await read('all')).toEqual([null, null, 1_111]);
    const before = new Date(monday.getTime() - 60_000);
    const old = await tokenAt(test, sql, { userId: holder.userId, at: before });
    const shown = await board(brand, { token: old, period: 'week', at: before });
    expect([shown.startsOn, shown.endsOn, shown.me.points]).toEqual(['2026-02-23', '2026-03-01', 111]);
    await checkInvariants(sql);
  });

  it('lose what is taken back where it was earned, also when the zone of the brand has changed since', async () => {
    const brand = await pointsBrand(test);
    const { tenantId, owner } = brand;
    const zone = (timezone: string) =>
      test.call('PATCH', `tenants/${tenantId}`, { token: owner.token, body: { timezone } });
    await zone('Pacific/Auckland');
    const [holder] = (await holders(brand, 0)) as [Holder];
    const { membershipId, userId } = holder;
    const [earnedAt, later] = [new Date('2026-05-31T23:30:00Z'), new Date('2026-07-01T12:00:00Z')];
    const causeId = newId();
    await move(test, holder, { amount: 50, at: earnedAt, cause: { type: 'questClaim', id: causeId } });
    await move(test, holder, { amount: 5, at: later });
    const effect = { tenantId, causeType: 'quest' as const, causeId, kind: 'points' as const, userId };
    const given = [{ targetId: membershipId, quantity: 50 }];
    await recordEffects(test.deps.db, { ...effect, given, now: earnedAt });
    await zone('America/Los_Angeles');
    await withTx(test.deps, (tx) =>
      takeBackEffects(tx, { tenantId, causeType: 'quest', causeId, jobs: test.deps.jobs, by: 'test', now: later }),
    );
    const scores = await sql`select period, starts_on::text as on, points::int from leaderboard_scores
      where membership_id = ${membershipId} and points <> 0 order by period`;
    expect(scores.map(({ period, on, points }) => [period, on, points])).toEqual([
      ['all', '1970-01-01', 5],
      ['day', '2026-07-02', 5],
      ['month', '2026-07-01', 5],
      ['week', '2026-06-29', 5],
    ]);
    await checkInvariants(sql);
  });

  it('are forgotten after 400 days, and the one of all is not', async () => {
    const brand = await pointsBrand(test);
    const [holder] = (await holders(brand, 0)) as [Holder];
    const now = new Date();
    await move(test, holder, { amount: 7, at: addDays(-500, now) });
    await move(test, holder, { amount: 5, at: addDays(-300, now) });
    await count();
    const left = async () =>
      (
        await sql`select 'score' as what, count(*)::int from leaderboard_scores where tenant_id = ${brand.tenantId}
          union all select 'bucket', count(*)::int from leaderboard_buckets where tenant_id = ${brand.tenantId}`
      ).map((row) => row['count']);
    expect(await left()).toEqual([7, 28]);
    await jobsAt(test, now).purge({});
    expect(await left()).toEqual([4, 16]);
    expect((await board(brand, { token: holder.token })).me.points).toBe(12);
  });
});

describe('ranks', () => {
  /** By counting, as a rank is defined. */
  const slowRank = async (membershipId: string) =>
    (
      await sql`select (select count(*)::int + 1 from leaderboard_scores o where o.tenant_id = s.tenant_id and o.period = s.period
        and o.starts_on = s.starts_on and o.points > s.points) as rank from leaderboard_scores s
        where s.membership_id = ${membershipId} and s.period = 'all'`
    )[0]?.['rank'];

  it('are exact at every resolution, counted or not', async () => {
    const brand = await pointsBrand(test);
    const big = 1024 ** 3;
    const amounts = [
      1,
      2,
      1023,
      1024,
      1025,
      2047,
      2048,
      1024 ** 2 - 1,
      1024 ** 2,
      1024 ** 2 + 1,
      big - 1,
      big,
      big + 1,
      5 * big,
    ];
    const all = await holders(brand, ...amounts);
    const check = async () => {
      for (const { token, membershipId } of all) {
        const { me, entries } = await board(brand, { token, limit: 100 });
        expect(me.rank).toBe(await slowRank(membershipId));
        expect(entries.find(({ isMe }: Shown) => isMe)).toMatchObject(me);
      }
    };
    await check();
    expect(await count()).toBeGreaterThanOrEqual(4 * amounts.length);
    expect(await count()).toBe(0);
    await check();
    for (const [n, holder] of all.entries()) await move(test, holder, { amount: n % 2 ? 1_000 : 3 });
    await move(test, all.at(-1) as Holder, { amount: -big, reason: 'taken_back' });
    await check();
    await count();
    await check();
    await checkInvariants(sql);
  });

  it('stay exact while many earn and several count', async () => {
    const brand = await pointsBrand(test);
    const all = await holders(brand, 5, 10, 15, 20, 25, 30, 35, 40);
    const earn = async (holder: Holder, n: number) => {
      for (let time = 0; time < 10; time += 1) await move(test, holder, { amount: 1 + ((n * 7 + time * 3) % 11) });
    };
    const look = async () => {
      for (let time = 0; time < 20; time += 1) {
        const { me, entries } = await board(brand, { token: (all[time % 8] as Holder).token, limit: 100 });
        // Both are of one instant.
        expect(entries.find(({ isMe }: Shown) => isMe)).toMatchObject(me);
      }
    };
    const counting = async () => {
      for (let time = 0; time < 15; time += 1) await count();
    };
    await Promise.all([...all.map(earn), look(), counting(), counting()]);
    await checkInvariants(sql);
    await count();
    for (const { token, membershipId } of all) {
      expect((await board(brand, { token })).me.rank).toBe(await slowRank(membershipId));
    }
  });

  it('are counted by the job, and asked for in one statement', async () => {
    const brand = await pointsBrand(test);
    const [holder] = (await holders(brand, 10, 20)) as [Holder];
    await jobsAt(test, new Date()).ranks({});
    const [open] = await sql`select count(*)::int from leaderboard_scores where counted <> points`;
    expect(open?.['count']).toBe(0);
    const before = test.statements.length;
    expect((await board(brand, { token: holder.token })).me).toEqual({ rank: 2, points: 10 });
    expect(test.statements.slice(before).filter((text) => text.includes('leaderboard_'))).toHaveLength(1);
  });
});
