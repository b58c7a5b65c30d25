import { beforeEach, describe, expect, it } from 'vitest';
import { withTx } from '#src/context.ts';
import { newId } from '#src/lib/ids.ts';
import { setMembership } from '#src/memberships/steps/set-membership.ts';
import { checkInvariants } from '../support/invariants.ts';
import {
  addDays,
  jobsAt,
  makeTier,
  move,
  newHolder,
  type PointsBrand,
  pointsBrand,
  setPolicy,
  tierOf,
} from '../support/points.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
let brand: PointsBrand;
let silverId: string;
let goldId: string;

beforeEach(async () => {
  brand = await pointsBrand(test);
  silverId = await makeTier(test, brand, { code: 'silver', rank: 10, pointsThreshold: 100 });
  goldId = await makeTier(test, brand, { code: 'gold', rank: 20, pointsThreshold: 500 });
});

const newOne = () => newHolder(test, brand);
const eventsOf = async ({ membershipId }: { membershipId: string }) =>
  (
    await sql`select type, data -> 'tier' ->> 'code' as tier from events where object_id = ${membershipId} order by sequence`
  ).map(({ type, tier }) => `${type} ${tier}`);
const rowOf = async ({ membershipId }: { membershipId: string }) =>
  (
    await sql`select points_earned::int as earned, points_tier_id, tier_falls_at from memberships where id = ${membershipId}`
  )[0];

describe('up', () => {
  it('at once, with the movement that reaches the threshold, to the best that is reached', async () => {
    const holder = await newOne();
    await move(test, holder, { amount: 99 });
    expect(await tierOf(test, holder)).toBe('basic');
    await move(test, holder, { amount: 1 });
    expect(await tierOf(test, holder)).toBe('silver');
    await move(test, holder, { amount: 399 });
    await move(test, holder, { amount: 1_000 });
    expect(await tierOf(test, holder)).toBe('gold');
    expect(await eventsOf(holder)).toEqual([
      'membership.created basic',
      'membership.updated silver',
      'membership.updated gold',
    ]);
  });

  it('by all that was earned: spending and expiry take nothing from it, adjustments count', async () => {
    const holder = await newOne();
    await move(test, holder, { amount: 60 });
    await move(test, holder, { amount: -60, reason: 'purchase' });
    await move(test, holder, { amount: 60, reason: 'purchase_refund' });
    await move(test, holder, { amount: -60, reason: 'expired' });
    expect(await tierOf(test, holder)).toBe('basic');
    expect(await rowOf(holder)).toMatchObject({ earned: 60 });
    const { tenantId, owner } = brand;
    const body = { userId: holder.userId, amount: 40, note: 'A gift' };
    const adjusted = await test.call('POST', `tenants/${tenantId}/points`, { token: owner.token, body });
    expect(adjusted.body.data).toMatchObject({ balance: 40 });
    expect(await tierOf(test, holder)).toBe('silver');
  });

  it('by the balance, where the brand wants that', async () => {
    await setPolicy(test, brand, { tiers: { basis: 'balance', downgrade: { mode: 'never' } } });
    const holder = await newOne();
    await move(test, holder, { amount: 99 });
    await move(test, holder, { amount: -50, reason: 'purchase' });
    await move(test, holder, { amount: 50 });
    expect(await tierOf(test, holder)).toBe('basic');
    await move(test, holder, { amount: 1 });
    expect(await tierOf(test, holder)).toBe('silver');
  });

  it('only to tiers that are open, without a price, and above the present one', async () => {
    const price = { amount: 1000, currency: 'EUR', interval: 'month' };
    await makeTier(test, brand, { code: 'paid', rank: 30, pointsThreshold: 50, price });
    const lowId = await makeTier(test, brand, { code: 'low', rank: 0, pointsThreshold: 10 });
    const token = brand.owner.token;
    await test.call('PATCH', `memberships/tenant/${brand.tenantId}/tiers/${goldId}`, {
      token,
      body: { active: false },
    });
    const holder = await newOne();
    await move(test, holder, { amount: 99 });
    expect(await tierOf(test, holder)).toBe('basic');
    await move(test, holder, { amount: 900 });
    expect(await tierOf(test, holder)).toBe('silver');
    expect(lowId).not.toBe(silverId);
  });

  it('with the next movement, when a tier comes later', async () => {
    const holder = await newOne();
    await move(test, holder, { amount: 50 });
    await makeTier(test, brand, { code: 'bronze', rank: 5, pointsThreshold: 40 });
    expect(await tierOf(test, holder)).toBe('basic');
    await move(test, holder, { amount: 1 });
    expect(await tierOf(test, holder)).toBe('bronze');
  });

  it('again, for who left and comes back with the points of before', async () => {
    const holder = await newOne();
    const { token } = holder;
    await move(test, holder, { amount: 150 });
    await test.call('POST', `tenants/${brand.tenantId}/membership/leave`, { token });
    await move(test, holder, { amount: 400 });
    const again = await test.call('POST', `tenants/${brand.tenantId}/membership/join`, { token });
    expect(again.body.data.tier.code).toBe('gold');
    expect((await eventsOf(holder)).at(-1)).toBe('membership.created gold');
  });

  it('not for who pays for a subscription, has bought a tier, or has one for a time', async () => {
    const price = (interval: string) => ({ amount: 1000, currency: 'EUR', interval });
    const monthly = await makeTier(test, brand, { code: 'monthly', rank: 1, price: price('month') });
    const bought = await makeTier(test, brand, { code: 'bought', rank: 2, price: price('one_time') });
    const [paying, owning, guest] = [await newOne(), await newOne(), await newOne()];
    const { tenantId } = brand;
    const common = {
      status: 'active' as const,
      expiresAt: null,
      endsAt: null,
      cancelAtPeriodEnd: false,
      subscriptionId: null,
    };
    const give = ({ userId }: { userId: string }, paid: object) =>
      withTx(test.deps, (tx) =>
        setMembership(tx, { tenantId, userId, paid: { ...common, ...paid } as never, now: new Date() }),
      );
    await give(paying, { tierId: monthly, subscriptionId: newId() });
    await give(owning, { tierId: bought });
    await sql`insert into effects (tenant_id, id, cause_type, cause_id, kind, target_id, user_id, quantity, given_at)
      values (${tenantId}, uuidv7(), 'claim', uuidv7(), 'membership', ${bought}, ${owning.userId}, 1, now())`;
    await give(guest, { tierId: monthly, endsAt: addDays(3), expiresAt: addDays(3) });
    for (const holder of [paying, owning, guest]) await move(test, holder, { amount: 1_000 });
    expect(await Promise.all([paying, owning, guest].map((one) => tierOf(test, one)))).toEqual([
      'monthly',
      'bought',
      'monthly',
    ]);
    await sql`delete from effects where user_id = ${owning.userId}`;
  });
});

describe('down', () => {
  const takeBack = (holder: Parameters<typeof move>[1], amount: number) =>
    move(test, holder, { amount: -amount, reason: 'taken_back' });
  const downgrade = (how: object) => setPolicy(test, brand, { tiers: { basis: 'earned', downgrade: how } });

  it('never, where nothing is said', async () => {
    const holder = await newOne();
    await move(test, holder, { amount: 600 });
    await takeBack(holder, 600);
    expect(await tierOf(test, holder)).toBe('gold');
    expect(await rowOf(holder)).toMatchObject({ earned: 0, tier_falls_at: null });
  });

  it('at once: to the best that is still reached, or to the free tier', async () => {
    await downgrade({ mode: 'at_once' });
    const holder = await newOne();
    await move(test, holder, { amount: 600 });
    await takeBack(holder, 100);
    expect(await tierOf(test, holder)).toBe('gold');
    await takeBack(holder, 1);
    expect(await tierOf(test, holder)).toBe('silver');
    await takeBack(holder, 400);
    expect(await tierOf(test, holder)).toBe('basic');
    expect(await rowOf(holder)).toMatchObject({ points_tier_id: null });
    await move(test, holder, { amount: 1 });
    expect(await tierOf(test, holder)).toBe('silver');
    expect(await eventsOf(holder)).toEqual([
      'membership.created basic',
      'membership.updated gold',
      'membership.updated silver',
      'membership.updated basic',
      'membership.updated silver',
    ]);
  });

  it('after so many days below it, unless it is reached again before', async () => {
    await downgrade({ mode: 'after', days: 7 });
    const [holder, saved] = [await newOne(), await newOne()];
    for (const one of [holder, saved]) {
      await move(test, one, { amount: 600 });
      await takeBack(one, 200);
    }
    const fallsAt: Date = (await rowOf(holder))?.['tier_falls_at'];
    expect(Math.round((fallsAt.getTime() - Date.now()) / 1000)).toBeCloseTo(7 * 86_400, -2);
    await takeBack(holder, 10);
    expect((await rowOf(holder))?.['tier_falls_at']).toEqual(fallsAt);
    await move(test, saved, { amount: 100 });
    expect((await rowOf(saved))?.['tier_falls_at']).toBeNull();
    await jobsAt(test, new Date(fallsAt.getTime() - 1)).expire({});
    expect(await tierOf(test, holder)).toBe('gold');
    for (let time = 0; time < 2; time += 1) await jobsAt(test, addDays(8)).expire({});
    expect([await tierOf(test, holder), await tierOf(test, saved)]).toEqual(['silver', 'gold']);
    expect(await rowOf(holder)).toMatchObject({ points_tier_id: silverId, tier_falls_at: null });
    expect((await eventsOf(holder)).slice(-1)).toEqual(['membership.updated silver']);
  });

  it('not any more, when the brand has thought better of it meanwhile', async () => {
    await downgrade({ mode: 'after', days: 7 });
    const holder = await newOne();
    await move(test, holder, { amount: 600 });
    await takeBack(holder, 600);
    await downgrade({ mode: 'never' });
    await jobsAt(test, addDays(8)).expire({});
    expect(await tierOf(test, holder)).toBe('gold');
    expect(await rowOf(holder)).toMatchObject({ tier_falls_at: null });
  });

  it('by expiry, where tiers are reached by the balance', async () => {
    await setPolicy(test, brand, {
      expiry: { mode: 'age', days: 10 },
      tiers: { basis: 'balance', downgrade: { mode: 'at_once' } },
    });
    const holder = await newOne();
    await move(test, holder, { amount: 400, at: addDays(-9) });
    await move(test, holder, { amount: 150 });
    expect(await tierOf(test, holder)).toBe('gold');
    await jobsAt(test, addDays(1)).expire({});
    expect(await tierOf(test, holder)).toBe('silver');
  });

  it('not from a tier that was given otherwise', async () => {
    await downgrade({ mode: 'at_once' });
    const holder = await newOne();
    await sql`update memberships set tier_id = ${goldId} where id = ${holder.membershipId}`;
    await move(test, holder, { amount: 10 });
    await takeBack(holder, 10);
    expect(await tierOf(test, holder)).toBe('gold');
    await sql`update memberships set tier_id = ${brand.basicId} where id = ${holder.membershipId}`;
  });
});

describe('exactness', () => {
  it('of many who earn at once one reaches the tier', async () => {
    const holder = await newOne();
    await Promise.all(Array.from({ length: 40 }, () => move(test, holder, { amount: 5 })));
    expect(await tierOf(test, holder)).toBe('silver');
    expect(await eventsOf(holder)).toEqual(['membership.created basic', 'membership.updated silver']);
    await checkInvariants(sql);
  });

  it('a movement that changes no tier costs one statement', async () => {
    const holder = await newOne();
    await move(test, holder, { amount: 600 });
    const before = test.statements.length;
    await move(test, holder, { amount: 1 });
    expect(test.statements.slice(before).filter((text) => !/^(begin|commit)/i.test(text))).toHaveLength(1);
  });
});
