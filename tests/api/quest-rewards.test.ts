import { afterEach, describe, expect, it } from 'vitest';
import { returnTiers } from '#src/memberships/return-tiers.ts';
import { claim as claimCoupon, makeCoupon, newMember, reasonsOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { buy, connectWebhooks, depsAt, openShop, stockOf } from '../support/payments.ts';
import { balanceOf, claimReward, complete, makeQuest, progressOf, taken } from '../support/quests.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
await connectWebhooks(test);
const shop = await openShop(test, { stock: 3 });
const { tenantId, owner, productId } = shop;
const makeTier = async (code: string, rank: number) => {
  const made = await test.call('POST', `memberships/tenant/${tenantId}/tiers`, {
    token: owner.token,
    body: { name: code, code, rank, ...(rank > 0 && { pointsThreshold: 1_000_000 }) },
  });
  return made.body.data.id as string;
};
await makeTier('basic', 0);
const [silver, gold] = [await makeTier('silver', 10), await makeTier('gold', 20)];
const quest = (fields: Record<string, unknown> = {}) => makeQuest(test, shop, { kind: 'once', points: 5, ...fields });
const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });
const DAY = 86_400_000;

async function tierOf({ token }: { token: string }): Promise<string> {
  const { body } = await test.call('GET', `tenants/${tenantId}/membership/status`, { token });
  return body.data.membership.tier.code;
}

async function ownedBy({ token }: { token: string }) {
  return (await test.call('GET', `tenants/${tenantId}/user/products`, { token })).body.data;
}

const revoke = (questId: string, completionId: string) =>
  test.call('POST', `quests/tenant/${tenantId}/${questId}/completions/${completionId}/revoke`, {
    token: owner.token,
    body: { reason: 'Not so' },
  });

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

describe('rewards', () => {
  it('come together: points, a claim of a coupon, a product of the stock; and go together', async () => {
    const { id: couponId } = await makeCoupon(test, shop, { maxRedemptions: 1 });
    const rewards = [
      { kind: 'points', points: 7 },
      { kind: 'coupon', couponId, validDays: 10 },
      { kind: 'product', productId },
    ];
    const { id } = await quest({ rewards });
    const member = await newMember(test, tenantId);
    const { completion, claim, balance } = await taken(complete(test, of(id, member)));
    expect([claim.points, balance]).toEqual([12, 12]);
    const claimId = claim.rewards.find(({ kind }: { kind: string }) => kind === 'coupon').id;
    expect(claim.rewards).toContainEqual({ kind: 'product', id: productId, quantity: 1 });
    const mine = await test.call('GET', `coupons/user/claims?tenantId=${tenantId}`, { token: member.token });
    expect(mine.body.data).toMatchObject([{ id: claimId, couponId, status: 'claimed' }]);
    const [{ claimedAt, expiresAt }] = mine.body.data;
    expect(Date.parse(expiresAt) - Date.parse(claimedAt)).toBe(10 * DAY);
    expect(await ownedBy(member)).toMatchObject([{ quantity: 1, source: 'quest', sourceId: claim.id }]);
    expect(await stockOf(test, shop)).toBe(2);
    expect((await revoke(id, completion.id)).status).toBe(200);
    expect(await ownedBy(member)).toEqual([]);
    expect(await stockOf(test, shop)).toBe(3);
    expect(await balanceOf(test, { tenantId, token: member.token })).toBe(0);
    const after = await test.call('GET', `coupons/user/claims?tenantId=${tenantId}`, { token: member.token });
    expect(after.body.data).toMatchObject([{ id: claimId, status: 'released', releaseReason: 'quest' }]);
  });

  it('keep the use of a coupon that is already paid with', async () => {
    const { id: couponId } = await makeCoupon(test, shop);
    const { id } = await quest({ rewards: [{ kind: 'coupon', couponId }] });
    const member = await newMember(test, tenantId);
    const { completion, claim } = await taken(complete(test, of(id, member)));
    const { id: claimId } = claim.rewards[0];
    await buy(test, shop, { token: member.token, body: { claimId } });
    expect((await revoke(id, completion.id)).status).toBe(200);
    const mine = await test.call('GET', `coupons/user/claims?tenantId=${tenantId}`, { token: member.token });
    expect(mine.body.data).toMatchObject([{ id: claimId, status: 'redeemed' }]);
  });

  it('that cannot be given now leave the completion for later, with nothing given', async () => {
    const { id: couponId } = await makeCoupon(test, shop, { maxRedemptions: 1 });
    const { id } = await quest({
      rewards: [
        { kind: 'product', productId },
        { kind: 'coupon', couponId },
      ],
    });
    const holder = await newMember(test, tenantId);
    const held = await claimCoupon(test, { tenantId, couponId, token: holder.token });
    const member = await newMember(test, tenantId);
    const { completion, claim, balance } = await taken(complete(test, of(id, member)));
    expect([claim, balance, completion.claimedAt]).toEqual([null, 0, null]);
    expect(await ownedBy(member)).toEqual([]);
    const refused = await claimReward(test, of(id, member));
    expect(reasonsOf(refused)).toEqual(['REWARD_UNAVAILABLE']);
    expect(refused.body.error.details.reward).toEqual({ kind: 'coupon', id: couponId, reasons: ['QUANTITY_EXCEEDED'] });
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'completed', claimable: true });
    await test.call('POST', `coupons/${tenantId}/claims/${held.body.data.claim.id}/release`, {
      token: holder.token,
      body: {},
    });
    const later = await taken(claimReward(test, of(id, member)));
    expect(later.claim.rewards).toHaveLength(2);
    expect(await ownedBy(member)).toHaveLength(1);
  });

  it('of a product are never more than the stock', async () => {
    const { id: last } = (
      await test.call('POST', 'tenants/brand/products', {
        token: owner.token,
        headers: { 'x-tenant-id': tenantId },
        body: { name: 'Last', price: { amount: 1, currency: 'EUR' }, status: 'active', stock: 3 },
      })
    ).body.data;
    const { id } = await quest({ rewards: [{ kind: 'product', productId: last }] });
    const members = [];
    for (let n = 0; n < 12; n += 1) members.push(await newMember(test, tenantId));
    const answers = await Promise.all(members.map((member) => complete(test, of(id, member))));
    expect(answers.filter(({ body }) => body.data?.claim)).toHaveLength(3);
    expect(await stockOf(test, shop, last)).toBe(0);
  }, 30_000);
});

describe('a tier for a time', () => {
  it('is lent, is longer by another, and the one before comes back', async () => {
    const { id } = await quest({ rewards: [{ kind: 'tier', tierId: silver, days: 10 }] });
    const { id: again } = await quest({ rewards: [{ kind: 'tier', tierId: silver, days: 10 }] });
    const member = await newMember(test, tenantId);
    await taken(complete(test, of(id, member)));
    expect(await tierOf(member)).toBe('silver');
    await taken(complete(test, of(again, member)));
    await returnTiers(depsAt(test, new Date(Date.now() + 15 * DAY)));
    expect(await tierOf(member)).toBe('silver');
    await returnTiers(depsAt(test, new Date(Date.now() + 21 * DAY)));
    expect(await tierOf(member)).toBe('basic');
  });

  it('goes back with its quest', async () => {
    const { id } = await quest({ rewards: [{ kind: 'tier', tierId: gold, days: 10 }] });
    const member = await newMember(test, tenantId);
    const { completion } = await taken(complete(test, of(id, member)));
    expect(await tierOf(member)).toBe('gold');
    await revoke(id, completion.id);
    expect(await tierOf(member)).toBe('basic');
  });

  it('is nothing for who has one as high, and ends when they leave', async () => {
    const { id } = await quest({ rewards: [{ kind: 'tier', tierId: gold, days: 10 }] });
    const { id: lower } = await quest({ rewards: [{ kind: 'tier', tierId: silver, days: 10 }] });
    const member = await newMember(test, tenantId);
    await taken(complete(test, of(id, member)));
    const { claim } = await taken(complete(test, of(lower, member)));
    expect(claim.rewards).toEqual([]);
    expect(await tierOf(member)).toBe('gold');
    await test.call('POST', `tenants/${tenantId}/membership/leave`, { token: member.token });
    await test.call('POST', `tenants/${tenantId}/membership/join`, { token: member.token });
    expect(await tierOf(member)).toBe('basic');
    await returnTiers(depsAt(test, new Date(Date.now() + 21 * DAY)));
    expect(await tierOf(member)).toBe('basic');
  });
});
