import { afterEach, expect, it } from 'vitest';
import { clockAt, tokenAt } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import type { Shop } from '../support/payments.ts';
import { addDays, jobsAt } from '../support/points.ts';
import { quickPerson } from '../support/quick-people.ts';
import { balanceOf, brought, newReferrer, referringShop, track } from '../support/referrals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
afterEach(async () => expect(await findBroken(sql)).toEqual([]));

const MILESTONES = [{ conversions: 3, rewards: [{ kind: 'points', points: 50 }] }];
const endHold = () => jobsAt(test, addDays(15)).expire({});
let orders = 0;

function buys(shop: Shop, { code, userId, amount = 900 }: { code: string; userId: string; amount?: number }) {
  orders += 1;
  const body = { code, event: 'purchase', userId, externalId: `o${orders}`, amount, currency: 'EUR' };
  return track(test, body, shop.owner.token);
}

/** Somebody whose address is thrown away, and who has bought: all of it waits for the team. */
async function suspect(shop: Shop, code: string) {
  const friend = await quickPerson(test, 'throwaway');
  await sql`update users set email = ${`x${friend.userId}@mailinator.com`} where id = ${friend.userId}`;
  const { token } = friend;
  await test.call('POST', `tenants/${shop.tenantId}/membership/join`, { token, body: { referralCode: code } });
  const bought = await buys(shop, { code, userId: friend.userId });
  expect(bought.body.data).toMatchObject({ tracked: true, reason: 'IN_REVIEW' });
  const [row] = await sql`select id from referrals where referred_id = ${friend.userId}`;
  return { ...friend, referralId: row?.['id'] as string, conversionId: bought.body.data.eventId as string };
}

const approve = ({ tenantId, owner }: Shop, referralId: string, clock = addDays(0), token = owner.token) =>
  test.call('POST', `referrals/tenant/${tenantId}/signups/${referralId}/approve`, { token, headers: clockAt(clock) });
const explain = async ({ tenantId, owner }: Shop, id: string) => {
  const asking = { token: owner.token, headers: { 'x-tenant-id': tenantId } };
  const { findings, rewards, referral } = (await test.call('GET', `referrals/conversions/${id}/explain`, asking)).body
    .data;
  return {
    rules: findings.filter(({ of }: { of: string }) => of === 'conversion').map(({ rule }: { rule: string }) => rule),
    rewards: Object.fromEntries(rewards.map((one: { side: string; status: string }) => [one.side, one.status])),
    decidedBy: referral.decidedBy,
  };
};

it('leaves the places of a limit to who is not suspected, and obeys it when the team approves', async () => {
  const shop = await referringShop(test, { maxPerReferrer: 1 });
  const { link, token } = await newReferrer(test, shop);
  const suspected = await suspect(shop, link.code);
  const verified = await test.call('GET', `referrals/verify?code=${link.code}`);
  expect(verified.body.data).toMatchObject({ valid: true, reason: null });
  const friend = await brought(test, shop, link.code);
  expect((await buys(shop, { code: link.code, userId: friend.userId })).body.data.reason).toBeNull();
  expect((await approve(shop, suspected.referralId)).status).toBe(200);
  const explained = await explain(shop, suspected.conversionId);
  expect(explained).toMatchObject({
    rules: ['DISPOSABLE_EMAIL', 'LIMIT_TOTAL'],
    rewards: { referrer: 'rejected', referred: 'pending' },
    decidedBy: shop.owner.userId,
  });
  await endHold();
  expect(await balanceOf(test, shop, token)).toBe(200);
  expect(await balanceOf(test, shop, suspected.token)).toBe(100);
});

it('gives the last place to one of four that are approved at once', async () => {
  const shop = await referringShop(test, { maxPerReferrer: 1 });
  const { link, token } = await newReferrer(test, shop);
  const all = [];
  for (let index = 0; index < 4; index += 1) all.push(await suspect(shop, link.code));
  const answers = await Promise.all(all.map(({ referralId }) => approve(shop, referralId)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  await endHold();
  expect(await balanceOf(test, shop, token)).toBe(200);
});

it('takes a place of the month in which somebody came, whenever the team approves', async () => {
  const shop = await referringShop(test, { maxPerReferrerMonth: 1 });
  const { link } = await newReferrer(test, shop);
  const [first, second] = [await suspect(shop, link.code), await suspect(shop, link.code)];
  const later = addDays(40);
  const token = await tokenAt(test, sql, { userId: shop.owner.userId, at: later });
  for (const { referralId } of [first, second]) {
    expect((await approve(shop, referralId, later, token)).status).toBe(200);
  }
  expect((await explain(shop, first.conversionId)).rewards).toEqual({ referrer: 'pending', referred: 'pending' });
  expect(await explain(shop, second.conversionId)).toMatchObject({
    rules: ['DISPOSABLE_EMAIL', 'LIMIT_MONTH'],
    rewards: { referrer: 'rejected', referred: 'pending' },
  });
  const [taken] = await sql`select count(*)::int as count from referral_rewards where side = 'referrer'
    and status = 'pending' and tenant_id = ${shop.tenantId} and created_at > now() + interval '20 days'`;
  expect(taken?.['count']).toBe(0);
});

it('counts for milestones whom a referrer brings beyond the limit, and nobody who bought too little', async () => {
  const minimum = { amount: 500, currency: 'EUR' };
  const shop = await referringShop(test, { maxPerReferrer: 1, milestones: MILESTONES, minimum });
  const { link, token } = await newReferrer(test, shop);
  const reasons = [];
  for (const amount of [900, 900, 100, 900]) {
    const { userId } = await brought(test, shop, link.code);
    reasons.push((await buys(shop, { code: link.code, userId, amount })).body.data.reason);
    await endHold();
    expect(await balanceOf(test, shop, token)).toBe(reasons.length < 4 ? 200 : 250);
  }
  expect(reasons).toEqual([null, 'LIMIT_TOTAL', 'BELOW_MINIMUM', 'LIMIT_TOTAL']);
});

it('rewards the next purchase that was approved where the first comes to nothing at a limit', async () => {
  const shop = await referringShop(test, { maxPerReferrerMonth: 1, referredRewards: [] });
  const { link, token } = await newReferrer(test, shop);
  const suspected = await suspect(shop, link.code);
  const { userId } = await brought(test, shop, link.code);
  await buys(shop, { code: link.code, userId });
  const later = addDays(40);
  const owner = await tokenAt(test, sql, { userId: shop.owner.userId, at: later });
  const body = {
    code: link.code,
    event: 'purchase',
    userId: suspected.userId,
    externalId: 'later',
    amount: 900,
    currency: 'EUR',
  };
  const bought = await test.call('POST', 'referrals/track', { token: owner, body, headers: clockAt(later) });
  expect((await approve(shop, suspected.referralId, later, owner)).status).toBe(200);
  expect(await explain(shop, suspected.conversionId)).toMatchObject({ rewards: { referrer: 'rejected' } });
  expect(await explain(shop, bought.body.data.eventId)).toMatchObject({ rewards: { referrer: 'pending' } });
  await jobsAt(test, addDays(55)).expire({});
  expect(await balanceOf(test, shop, token)).toBe(400);
});
