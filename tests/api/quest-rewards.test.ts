import { afterEach, describe, expect, it } from 'vitest';
import { returnTiers } from '#src/memberships/return-tiers.ts';
import { claimed, makeCoupon, newMember, reasonsOf, usesOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import {
  buy,
  confirm,
  connectWebhooks,
  depsAt,
  openShop,
  ownedBy,
  refund,
  stockOf,
  told,
} from '../support/payments.ts';
import type { Person } from '../support/people.ts';
import {
  balanceOf,
  claimDay,
  claimReward,
  complete,
  countAll,
  makeQuest,
  progressOf,
  taken,
} from '../support/quests.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';

const DAY = 86_400_000;
const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
await connectWebhooks(test);
const shop = await openShop(test);
const { tenantId, owner } = shop;
const base = `quests/tenant/${tenantId}`;
const basic = await tier('basic', { rank: 0 });
const silver = await tier('silver', { rank: 5, ...monthly(500) });
const gold = await tier('gold', { rank: 9, ...monthly(900) });

afterEach(async () => {
  await countAll(test);
  expect(await findBroken(sql)).toEqual([]);
});

function monthly(amount: number) {
  return { price: { amount, currency: 'EUR', interval: 'month' } };
}

async function tier(code: string, fields: object): Promise<string> {
  const body = { name: code, code, ...fields };
  const made = await test.call('POST', `memberships/tenant/${tenantId}/tiers`, { token: owner.token, body });
  expect(made.status, made.text).toBe(201);
  return made.body.data.id;
}

const quest = (rewards: object[], fields: Record<string, unknown> = {}) =>
  makeQuest(test, shop, { kind: 'once', rewards, ...fields });
const member = () => newMember(test, tenantId);
const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });
const balance = ({ token }: { token: string }) => balanceOf(test, { tenantId, token });
const owned = ({ token }: { token: string }) => ownedBy(test, shop, token);
const revoke = async (questId: string, completionId: string) => {
  const body = { reason: 'Not honest' };
  const path = `${base}/${questId}/completions/${completionId}/revoke`;
  const revoked = await test.call('POST', path, { token: owner.token, body });
  expect(revoked.status, revoked.text).toBe(200);
};
const claimOf = async ({ token }: { token: string }) =>
  (await test.call('GET', 'coupons/user/claims', { token })).body.data.map(
    ({ id, status }: { id: string; status: string }) => ({ id, status }),
  );
const loanOf = async ({ userId }: Person) => {
  const [row] = await sql`select tier_id, lent_until, lent_from_tier_id from memberships where user_id = ${userId}`;
  return { tier: row?.['tier_id'], until: row?.['lent_until'], from: row?.['lent_from_tier_id'] };
};
const returnedIn = (days: number) => returnTiers(depsAt(test, new Date(Date.now() + days * DAY)));

function expectUnavailable(answer: Answer, reward: object): void {
  expectRefusal(answer, 409, 'QUEST_NOT_ELIGIBLE');
  expect(reasonsOf(answer)).toEqual(['REWARD_UNAVAILABLE']);
  expect(answer.body.error.details.reward).toEqual(reward);
}

describe('rewards', () => {
  it('come with the claim, all of them, and are taken back with it', async () => {
    const coupon = await makeCoupon(test, shop, { maxRedemptions: 5 });
    const { id: productId } = await shop.sell({ stock: 10 });
    const rewards = [
      { kind: 'points', points: 7 },
      { kind: 'coupon', couponId: coupon.id, validDays: 3 },
      { kind: 'product', productId, quantity: 2 },
      { kind: 'tier', tierId: silver, days: 10 },
    ];
    const { id } = await quest(rewards);
    const one = await member();
    const { completion, claim, balance: after } = await taken(complete(test, of(id, one)));
    expect([claim.points, after]).toEqual([17, 17]);
    const [held] = await claimOf(one);
    expect(claim.rewards).toEqual([
      { kind: 'coupon', id: held.id, quantity: 1 },
      { kind: 'product', id: productId, quantity: 2 },
      { kind: 'tier', id: silver, quantity: 10 },
    ]);
    const [row] = await sql`select expires_at - claimed_at as valid from coupon_claims where id = ${held.id}`;
    expect(row?.['valid']).toBe('3 days');
    expect([await stockOf(test, shop, productId), await owned(one)]).toEqual([8, 2]);
    const [own] = await sql`select source, source_id from owned_products where user_id = ${one.userId}`;
    expect(own).toEqual({ source: 'quest', source_id: claim.id });
    expect(await loanOf(one)).toMatchObject({ tier: silver, from: basic });
    expect(await usesOf(test, shop, coupon.id)).toEqual([1, 0, 0]);

    await revoke(id, completion.id);
    expect([await balance(one), await stockOf(test, shop, productId), await owned(one)]).toEqual([0, 10, 0]);
    expect(await loanOf(one)).toEqual({ tier: basic, until: null, from: null });
    expect(await claimOf(one)).toEqual([{ id: held.id, status: 'released' }]);
    const [given] = await sql`select release_reason from coupon_claims where id = ${held.id}`;
    expect(given?.['release_reason']).toBe('quest');
    expect(await usesOf(test, shop, coupon.id)).toEqual([0, 0, 0]);
  });

  it('of a daily quest come with each day', async () => {
    const { id: productId } = await shop.sell({ stock: 1 });
    const { id } = await makeQuest(test, shop, { rewards: [{ kind: 'product', productId }] });
    const [one, two] = [await member(), await member()];
    await taken(claimDay(test, of(id, one)));
    expectUnavailable(await claimDay(test, of(id, two)), { kind: 'product', id: productId, reasons: ['OUT_OF_STOCK'] });
    expect([await owned(one), await owned(two), await balance(two)]).toEqual([1, 0, 0]);
  });

  it('that are used stay: a redeemed coupon is a part of what it was used for', async () => {
    const { id: couponId } = await makeCoupon(test, shop);
    const { id } = await quest([{ kind: 'coupon', couponId }]);
    const one = await member();
    const { completion } = await taken(complete(test, of(id, one)));
    const [{ id: claimId }] = await claimOf(one);
    await buy(test, shop, { token: one.token, body: { claimId } });
    await revoke(id, completion.id);
    expect(await claimOf(one)).toEqual([{ id: claimId, status: 'redeemed' }]);
    expect(await balance(one)).toBe(0);
  });
});

describe('a reward that cannot be given', () => {
  const cases = [
    {
      name: 'a coupon that is used up',
      make: async () => {
        const { id } = await makeCoupon(test, shop, { maxRedemptions: 1 });
        const other = await member();
        await claimed(test, { tenantId, couponId: id, token: other.token });
        const heal = () =>
          test.call('PATCH', `coupons/${tenantId}/${id}`, { token: owner.token, body: { maxRedemptions: 2 } });
        return { reward: { kind: 'coupon', couponId: id }, id, reasons: ['QUANTITY_EXCEEDED'], heal };
      },
    },
    {
      name: 'a product that is sold out',
      make: async () => {
        const { id, version } = await shop.sell({ stock: 1 });
        const body = {
          id,
          version,
          name: 'Beans',
          price: { amount: 1500, currency: 'EUR' },
          status: 'active',
          stock: 2,
        };
        const heal = () =>
          test.call('POST', 'tenants/brand/products', {
            token: owner.token,
            body,
            headers: { 'x-tenant-id': tenantId },
          });
        return { reward: { kind: 'product', productId: id, quantity: 2 }, id, reasons: ['OUT_OF_STOCK'], heal };
      },
    },
  ];

  it.each(cases)('$name: nothing is given until it can be', async ({ make }) => {
    const { reward, id: rewardId, reasons, heal } = await make();
    const { id: productId } = await shop.sell({ stock: 5 });
    const rewards = [{ kind: 'tier', tierId: silver, days: 3 }, { kind: 'product', productId }, reward];
    const { id } = await quest(rewards);
    const one = await member();
    const { completion, claim, balance: after } = await taken(complete(test, of(id, one)));
    expect([completion.claimedAt, claim, after]).toEqual([null, null, 0]);
    expect(completion.completedAt).not.toBeNull();
    const nothing = async () => {
      expect([await owned(one), await stockOf(test, shop, productId), await balance(one)]).toEqual([0, 5, 0]);
      expect([await claimOf(one), (await loanOf(one)).tier]).toEqual([[], basic]);
    };
    await nothing();
    expectUnavailable(await claimReward(test, of(id, one)), { kind: reward.kind, id: rewardId, reasons });
    await nothing();
    expect(await progressOf(test, of(id, one))).toMatchObject({ status: 'completed', claimedAt: null });
    const healed = await heal();
    expect(healed.status, healed.text).toBeLessThan(300);
    expect((await taken(claimReward(test, of(id, one)))).claim.rewards).toHaveLength(3);
    expect([await stockOf(test, shop, productId), await balance(one)]).toEqual([4, 10]);
    expectRefusal(await claimReward(test, of(id, one)), 409, 'ALREADY_CLAIMED');
  });

  it('of the last three of a product many get exactly three', async () => {
    const { id: productId } = await shop.sell({ stock: 3 });
    const { id } = await quest([{ kind: 'product', productId }]);
    const many = await Promise.all(Array.from({ length: 8 }, member));
    const answers = await Promise.all(many.map((one) => taken(complete(test, of(id, one)))));
    expect(answers.filter(({ claim }) => claim !== null)).toHaveLength(3);
    expect(await stockOf(test, shop, productId)).toBe(0);
  });

  it('does not keep its quest from being paused', async () => {
    const { id: couponId } = await makeCoupon(test, shop);
    const { id } = await quest([{ kind: 'coupon', couponId }]);
    const archived = await test.call('DELETE', `coupons/${tenantId}/${couponId}`, { token: owner.token });
    expect(archived.status, archived.text).toBe(200);
    const change = (body: object) => test.call('PATCH', `${base}/${id}`, { token: owner.token, body });
    const one = await member();
    expect((await taken(complete(test, of(id, one)))).claim).toBeNull();
    expect((await change({ active: false })).status).toBe(200);
    expectRefusal(await change({ rewards: [{ kind: 'coupon', couponId }] }), 400, 'VALIDATION_ERROR');
    expect((await change({ active: true, rewards: [] })).status).toBe(200);
    expect((await taken(claimReward(test, of(id, one)))).claim.points).toBe(10);
  });
});

describe('a tier for a time', () => {
  const lending = (tierId: string, days: number) => quest([{ kind: 'tier', tierId, days }]);
  const lend = async (one: Person, tierId: string, days: number) => {
    const { id } = await lending(tierId, days);
    const { completion, claim } = await taken(complete(test, of(id, one)));
    return { questId: id, completionId: completion.id as string, rewards: claim.rewards };
  };
  const days = (until: Date | null) => Math.round(((until?.getTime() ?? 0) - Date.now()) / DAY);

  it('goes back to the one before when it is over, and not earlier', async () => {
    const one = await member();
    await lend(one, silver, 10);
    await returnedIn(9.9);
    expect((await loanOf(one)).tier).toBe(silver);
    await returnedIn(10.1);
    expect(await loanOf(one)).toEqual({ tier: basic, until: null, from: null });
    const events = await sql`select data->'tier'->>'code' as code from events
      where type = 'membership.updated' and data->>'userId' = ${one.userId} order by position`;
    expect(events.map(({ code }) => code)).toEqual(['silver', 'basic']);
  });

  it('is prolonged by the same one, and shortened when that is taken back', async () => {
    const one = await member();
    const first = await lend(one, silver, 10);
    await lend(one, silver, 5);
    expect(days((await loanOf(one)).until)).toBe(15);
    await revoke(first.questId, first.completionId);
    expect(await loanOf(one)).toMatchObject({ tier: silver, from: basic });
    expect(days((await loanOf(one)).until)).toBe(5);
  });

  it('is given up for a higher one, and is nothing to who has a higher one', async () => {
    const one = await member();
    await lend(one, silver, 10);
    await lend(one, gold, 2);
    expect(await loanOf(one)).toMatchObject({ tier: gold, from: basic });
    expect((await lend(one, silver, 10)).rewards).toEqual([]);
    await returnedIn(2.1);
    expect((await loanOf(one)).tier).toBe(basic);
  });

  it('is gone for who leaves and joins again', async () => {
    const one = await member();
    const lent = await lend(one, silver, 10);
    await test.call('POST', `tenants/${tenantId}/membership/leave`, { token: one.token });
    const joined = await test.call('POST', `tenants/${tenantId}/membership/join`, { token: one.token });
    expect(joined.status, joined.text).toBe(201);
    expect(await loanOf(one)).toEqual({ tier: basic, until: null, from: null });
    await revoke(lent.questId, lent.completionId);
    await returnedIn(11);
    expect(await loanOf(one)).toEqual({ tier: basic, until: null, from: null });
  });

  it('comes back to nobody who has left', async () => {
    const one = await member();
    await lend(one, silver, 10);
    await test.call('POST', `tenants/${tenantId}/membership/leave`, { token: one.token });
    await returnedIn(11);
    const [row] = await sql`select status, lent_until from memberships where user_id = ${one.userId}`;
    expect(row).toEqual({ status: 'canceled', lent_until: null });
  });

  it('does not touch one that is paid for meanwhile', async () => {
    const one = await member();
    const lent = await lend(one, silver, 10);
    const body = { tenantId, tierId: gold };
    const begun = await test.call('POST', 'stripe/subscribe', { token: one.token, body });
    expect(begun.status, begun.text).toBe(201);
    await confirm(test, begun.body.data.clientSecret);
    await told(test);
    expect(await loanOf(one)).toEqual({ tier: gold, until: null, from: null });
    await revoke(lent.questId, lent.completionId);
    await returnedIn(11);
    expect((await loanOf(one)).tier).toBe(gold);
    expect((await lend(one, gold, 3)).rewards).toEqual([]);
  });

  it('of the same kind as one that is paid for meanwhile is paid for, not lent', async () => {
    const one = await member();
    const lent = await lend(one, gold, 10);
    const body = { tenantId, tierId: gold };
    const begun = await test.call('POST', 'stripe/subscribe', { token: one.token, body });
    expect(begun.status, begun.text).toBe(201);
    await confirm(test, begun.body.data.clientSecret);
    await told(test);
    expect(await loanOf(one)).toEqual({ tier: gold, until: null, from: null });
    await revoke(lent.questId, lent.completionId);
    await returnedIn(11);
    expect((await loanOf(one)).tier).toBe(gold);
  });
});

describe('the dry run of a refund', () => {
  it('lists what was counted for it', async () => {
    const { id } = await quest([], { kind: 'event', event: 'payment.succeeded', target: 3 });
    const one = await member();
    const { id: paymentId } = await buy(test, shop, { token: one.token });
    await told(test);
    await countAll(test);
    const preview = await refund(test, paymentId, { token: owner.token, query: '?dryRun=true' });
    expect(preview.status, preview.text).toBe(200);
    const [row] = await sql`select id from quest_progress where quest_id = ${id}`;
    expect(preview.body.data.effects).toContainEqual({ kind: 'progress', targetId: row?.['id'], quantity: 1 });
    expect(await progressOf(test, of(id, one))).toMatchObject({ count: 1 });
    await refund(test, paymentId, { token: owner.token });
    await told(test);
    expect(await progressOf(test, of(id, one))).toMatchObject({ count: 0 });
  });
});
