import { describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { checkInvariants } from '../support/invariants.ts';
import {
  addDays,
  buyForPoints,
  type Holder,
  jobsAt,
  move,
  newHolder,
  pointsBrand,
  pointsOf,
  sellForPoints,
  setPolicy,
} from '../support/points.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
const brand = await pointsBrand(test);
const DAYS = 30;
const aged = await pointsBrand(test);
await setPolicy(test, aged, { expiry: { mode: 'age', days: DAYS } });
const idle = await pointsBrand(test);
await setPolicy(test, idle, { expiry: { mode: 'inactivity', days: DAYS } });

const expireAt = async (at: Date) => jobsAt(test, at).expire({});
const ledgerOf = async ({ membershipId }: { membershipId: string }) =>
  (
    await sql`select amount::int, reason from point_entries where membership_id = ${membershipId} order by created_at, id`
  ).map(({ amount, reason }) => [reason, amount]);
const lookAt = async ({ membershipId }: { membershipId: string }) =>
  (await sql`select points_expire_at as at from memberships where id = ${membershipId}`)[0]?.['at'] ?? null;

describe('without a policy', () => {
  it('points are kept, and nothing is noted', async () => {
    const holder = await newHolder(test, brand);
    await move(test, holder, { amount: 10, at: addDays(-3_650) });
    await expireAt(new Date());
    expect(await pointsOf(test, holder)).toMatchObject({ balance: 10, nextExpiry: null });
    expect(await lookAt(holder)).toBeNull();
  });
});

describe('points that expire by their age', () => {
  it('go at the instant, each its days after it was earned', async () => {
    const holder = await newHolder(test, aged);
    const [first, second] = [addDays(-10), addDays(-5)];
    await move(test, holder, { amount: 100, at: first });
    await move(test, holder, { amount: 40, at: second });
    expect(await pointsOf(test, holder)).toMatchObject({
      balance: 140,
      nextExpiry: { amount: 100, at: addDays(DAYS, first).toISOString() },
    });
    await expireAt(new Date(addDays(DAYS, first).getTime() - 1));
    expect(await ledgerOf(holder)).toHaveLength(2);
    await expireAt(addDays(DAYS, first));
    expect(await ledgerOf(holder)).toEqual([
      ['quest', 100],
      ['quest', 40],
      ['expired', -100],
    ]);
    expect(await lookAt(holder)).toEqual(addDays(DAYS, second));
    await expireAt(addDays(DAYS, second));
    await expireAt(addDays(DAYS + 1, second));
    expect(await pointsOf(test, holder)).toMatchObject({ balance: 0, nextExpiry: null });
    expect(await lookAt(holder)).toBeNull();
  });

  it('were used first in, first out', async () => {
    const holder = await newHolder(test, aged);
    const start = addDays(-20);
    await move(test, holder, { amount: 100, at: start });
    await move(test, holder, { amount: 50, at: addDays(1, start) });
    await move(test, holder, { amount: -120, reason: 'purchase', at: addDays(2, start) });
    expect((await pointsOf(test, holder)).nextExpiry).toEqual({
      amount: 30,
      at: addDays(DAYS + 1, start).toISOString(),
    });
    await expireAt(addDays(DAYS, start));
    expect(await lookAt(holder)).toEqual(addDays(DAYS + 1, start));
    expect((await pointsOf(test, holder)).balance).toBe(30);
    await expireAt(addDays(DAYS + 1, start));
    expect((await pointsOf(test, holder)).balance).toBe(0);
  });

  it('pay a debt before they can expire', async () => {
    const holder = await newHolder(test, aged);
    const start = addDays(-20);
    const cause = { type: 'quest', id: newId() };
    await move(test, holder, { amount: 100, at: start });
    await move(test, holder, { amount: -100, reason: 'purchase', at: start });
    await move(test, holder, { amount: -100, reason: 'taken_back', cause, at: addDays(1, start) });
    await move(test, holder, { amount: 130, at: addDays(2, start) });
    expect(await pointsOf(test, holder)).toMatchObject({
      balance: 30,
      nextExpiry: { amount: 30, at: addDays(DAYS + 2, start).toISOString() },
    });
  });

  it('are not to be spent after the instant, whether the job has come or not', async () => {
    const holder = await newHolder(test, aged);
    const start = addDays(-DAYS - 1);
    await move(test, holder, { amount: 100, at: start });
    await move(test, holder, { amount: 20, at: addDays(3, start) });
    expect(await pointsOf(test, holder)).toMatchObject({ balance: 120, nextExpiry: { amount: 100 } });
    expect(await move(test, holder, { amount: -21, reason: 'purchase' })).toBeNull();
    expect(await move(test, holder, { amount: -20, reason: 'purchase' })).toMatchObject({ balance: 0 });
    expect(await ledgerOf(holder)).toEqual([
      ['quest', 100],
      ['quest', 20],
      ['expired', -100],
      ['purchase', -20],
    ]);
    const productId = await sellForPoints(test, aged);
    const refused = await buyForPoints(test, { ...holder, productId });
    expect(refused.body.error).toMatchObject({ code: 'TOO_FEW_POINTS', details: { balance: 0 } });
  });
});

describe('points that expire by inactivity', () => {
  it('go all at once, so long after the member last earned or spent', async () => {
    const holder = await newHolder(test, idle);
    const start = addDays(-40);
    await move(test, holder, { amount: 100, at: start });
    await move(test, holder, { amount: 10, at: addDays(20, start) });
    await move(test, holder, { amount: -10, reason: 'purchase', at: addDays(35, start) });
    await expireAt(addDays(DAYS + 20, start));
    const due = addDays(DAYS + 35, start);
    expect(await pointsOf(test, holder)).toMatchObject({
      balance: 100,
      nextExpiry: { amount: 100, at: due.toISOString() },
    });
    await expireAt(new Date(due.getTime() - 1));
    expect((await pointsOf(test, holder)).balance).toBe(100);
    await expireAt(due);
    expect(await pointsOf(test, holder)).toMatchObject({ balance: 0, nextExpiry: null });
  });

  it('are not kept by what the brand does, but what it gives to who had none stays its days', async () => {
    const holder = await newHolder(test, idle);
    const start = addDays(-29);
    await move(test, holder, { amount: 100, at: start });
    await move(test, holder, { amount: 50, reason: 'adjustment', at: addDays(10, start) });
    expect((await pointsOf(test, holder)).nextExpiry).toEqual({ amount: 150, at: addDays(DAYS, start).toISOString() });
    await expireAt(addDays(DAYS, start));
    await move(test, holder, { amount: 50, reason: 'adjustment', at: addDays(DAYS + 5, start) });
    expect((await pointsOf(test, holder)).nextExpiry).toEqual({
      amount: 50,
      at: addDays(2 * DAYS + 5, start).toISOString(),
    });
  });

  it('expire before a movement that comes after the instant and before the job', async () => {
    const holder = await newHolder(test, idle);
    await move(test, holder, { amount: 100, at: addDays(-DAYS) });
    expect(await move(test, holder, { amount: 5 })).toMatchObject({ balance: 5 });
    expect(await ledgerOf(holder)).toEqual([
      ['quest', 100],
      ['expired', -100],
      ['quest', 5],
    ]);
  });
});

describe('a change of the policy', () => {
  it('is for the points that there are, and done again it does the same', async () => {
    const changing = await pointsBrand(test);
    const holders: Holder[] = [];
    for (const days of [50, 20, 1]) {
      const holder = await newHolder(test, changing);
      await move(test, holder, { amount: 10, at: addDays(-days) });
      await move(test, holder, { amount: 1 });
      holders.push(holder);
    }
    const looks = async () => Promise.all(holders.map(lookAt));
    expect(await looks()).toEqual([null, null, null]);
    await setPolicy(test, changing, { expiry: { mode: 'age', days: 30 } });
    const before = await looks();
    await jobsAt(test, new Date()).expire({});
    const balances = async () => Promise.all(holders.map(async (one) => (await pointsOf(test, one)).balance));
    expect(await balances()).toEqual([1, 11, 11]);
    await test.deps.jobs.enqueue(test.deps.db, 'pointsPolicy', { tenantId: changing.tenantId });
    await test.runJobs();
    expect((await looks()).slice(1)).toEqual(before.slice(1));
    await setPolicy(test, changing, { expiry: { mode: 'inactivity', days: 3 } });
    expect(new Set((await looks()).map((at) => Math.round((at.getTime() - Date.now()) / 86_400_000)))).toEqual(
      new Set([3]),
    );
    await setPolicy(test, changing, {});
    expect(await looks()).toEqual([null, null, null]);
    expect(await balances()).toEqual([1, 11, 11]);
  });

  it('is in the log of the brand, and refused where it makes no sense', async () => {
    const { tenantId, owner } = await pointsBrand(test);
    const path = `tenants/${tenantId}/points/policy`;
    const token = owner.token;
    const read = async () => (await test.call('GET', path, { token })).body.data;
    const tiers = { basis: 'earned', downgrade: { mode: 'never' } };
    expect(await read()).toEqual({ expiry: null, tiers });
    const body = {
      expiry: { mode: 'age', days: 365 },
      tiers: { basis: 'balance', downgrade: { mode: 'after', days: 7 } },
    };
    for (let time = 0; time < 2; time += 1)
      expect((await test.call('PUT', path, { token, body })).body.data).toEqual(body);
    expect(await read()).toEqual(body);
    const log = await test.call('GET', `tenants/${tenantId}/audit`, { token });
    const entries = log.body.data.filter(({ action }: { action: string }) => action === 'pointsPolicy.updated');
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ before: { expiry: null, tiers }, after: body });
    for (const wrong of [
      { expiry: { mode: 'age', days: 0 }, tiers },
      { expiry: { mode: 'age', days: 3_651 }, tiers },
      { expiry: { mode: 'never', days: 1 }, tiers },
      { expiry: { mode: 'age' }, tiers },
      { expiry: null },
      { expiry: null, tiers: { basis: 'earned', downgrade: { mode: 'after' } } },
      { expiry: null, tiers: { basis: 'earned', downgrade: { mode: 'never', days: 1 } } },
    ]) {
      expect((await test.call('PUT', path, { token, body: wrong })).status, JSON.stringify(wrong)).toBe(400);
    }
    expect(await read()).toEqual(body);
  });
});

describe('many at once', () => {
  it('spend and expire exactly what there is', async () => {
    const holder = await newHolder(test, aged);
    const start = addDays(-DAYS);
    await move(test, holder, { amount: 100, at: start });
    await move(test, holder, { amount: 40, at: addDays(1, start) });
    const jobs = Array.from({ length: 5 }, () => jobsAt(test, new Date()).expire({}));
    const spent = await Promise.all([
      ...Array.from({ length: 30 }, () => move(test, holder, { amount: -10, reason: 'purchase' })),
      ...jobs,
    ]);
    expect(spent.filter((one) => one && 'balance' in (one as object))).toHaveLength(4);
    const ledger = await ledgerOf(holder);
    expect(ledger.filter(([reason]) => reason === 'expired')).toEqual([['expired', -100]]);
    expect((await pointsOf(test, holder)).balance).toBe(0);
    await checkInvariants(sql);
  });
});
