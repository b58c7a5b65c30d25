import { describe, expect, it } from 'vitest';
import { claimed, makeCoupon, usesOf } from '../support/coupons.ts';
import { buy, stockOf } from '../support/payments.ts';
import { openRewards } from '../support/quest-rewards.ts';
import { claimDay, claimReward, complete, makeQuest, progressOf, taken } from '../support/quests.ts';
import { expectRefusal } from '../support/refusals.ts';

const {
  test,
  sql,
  shop,
  tenantId,
  owner,
  base,
  basic,
  silver,
  quest,
  member,
  of,
  balance,
  owned,
  revoke,
  claimOf,
  loanOf,
  expectUnavailable,
} = await openRewards();

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
