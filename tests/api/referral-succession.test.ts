import { afterEach, beforeAll, expect, it } from 'vitest';
import { clockAt, tokenAt } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { buy, CARDS, connectWebhooks, refund, type Shop, told } from '../support/payments.ts';
import { addDays, jobsAt } from '../support/points.ts';
import { balanceOf, brought, newReferrer, referringShop } from '../support/referrals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

/** A referral is rewarded once: what is taken back makes room for the next purchase that stands. */
const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);

beforeAll(async () => {
  await connectWebhooks(test);
});
afterEach(async () => {
  await told(test);
  expect(await findBroken(sql)).toEqual([]);
});

const endHold = (days = 15) => jobsAt(test, addDays(days)).expire({});

async function friends(programme: object = {}) {
  const shop = await referringShop(test, programme);
  const referrer = await newReferrer(test, shop);
  const friend = await brought(test, shop, referrer.link.code);
  return { shop, referrer, friend, both: () => balances(shop, [referrer.token, friend.token]) };
}
type Played = Awaited<ReturnType<typeof friends>>;

async function balances(shop: Shop, tokens: string[]): Promise<number[]> {
  const found = [];
  for (const token of tokens) found.push(await balanceOf(test, shop, token));
  return found;
}

let orders = 0;
type Bought = { amount?: number; clock?: Date };
async function elsewhere(played: Played, { amount = 900, clock = addDays(0) }: Bought = {}): Promise<string> {
  const { shop, referrer, friend } = played;
  orders += 1;
  const what = { event: 'purchase', userId: friend.userId, externalId: `s${orders}`, amount, currency: 'EUR' };
  const token = await tokenAt(test, sql, { userId: shop.owner.userId, at: clock });
  const body = { code: referrer.link.code, ...what };
  const tracked = await test.call('POST', 'referrals/track', { token, body, headers: clockAt(clock) });
  expect(tracked.body.data?.tracked, tracked.text).toBe(true);
  return tracked.body.data.eventId;
}

const reverse = ({ shop }: Played, id: string) =>
  test.call('POST', `referrals/tenant/${shop.tenantId}/conversions/${id}/reverse`, { token: shop.owner.token });

async function explain({ shop }: Played, id: string) {
  const asking = { token: shop.owner.token, headers: { 'x-tenant-id': shop.tenantId } };
  const { conversion, rewards } = (await test.call('GET', `referrals/conversions/${id}/explain`, asking)).body.data;
  return { reasons: conversion.reasons, rewards: rewards.map(({ status }: { status: string }) => status) };
}

it('rewards the second purchase when the first is refunded, after the hold of its own', async () => {
  const played = await friends({ milestones: [{ conversions: 2, rewards: [{ kind: 'points', points: 50 }] }] });
  const { shop, friend, both } = played;
  const first = await buy(test, shop, { token: friend.token });
  const next = await elsewhere(played, { clock: addDays(5) });
  await endHold();
  expect(await both()).toEqual([200, 100]);
  await refund(test, first.id, { token: shop.owner.token });
  await told(test);
  expect(await both()).toEqual([0, 0]);
  await endHold(18);
  expect(await both()).toEqual([0, 0]);
  await endHold(20);
  expect(await both()).toEqual([200, 100]);
  expect(await explain(played, next)).toEqual({ reasons: [], rewards: ['granted', 'granted'] });
});

it('passes over what is below the minimum, and what was taken back', async () => {
  const played = await friends({ holdDays: 0, minimum: { amount: 500, currency: 'EUR' } });
  const ids = [];
  for (const amount of [900, 100, 800, 700]) ids.push(await elsewhere(played, { amount }));
  const [first = '', little = '', second = '', third = ''] = ids;
  await reverse(played, second);
  await reverse(played, first);
  expect(await explain(played, little)).toEqual({ reasons: ['BELOW_MINIMUM', 'ALREADY_CONVERTED'], rewards: [] });
  expect(await explain(played, third)).toEqual({ reasons: [], rewards: ['pending', 'pending'] });
  await endHold(1);
  expect(await played.both()).toEqual([200, 100]);
});

it('rewards one when all but the last are taken back at once, whether another comes or not', async () => {
  for (const comes of [false, true]) {
    const played = await friends({ holdDays: 0 });
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.push(await elsewhere(played));
    const going = ids.slice(0, 4).map((id) => reverse(played, id));
    const racing = [endHold(1), comes ? elsewhere(played) : null, endHold(1)];
    const answers = await Promise.all([Promise.all(going), ...racing]);
    expect(answers[0].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await endHold(1);
    expect(await played.both()).toEqual([200, 100]);
  }
});

it('stays within the limits, and gives nothing where a card has become known as that of both', async () => {
  const limited = await friends({ holdDays: 0 });
  const [first = ''] = [await elsewhere(limited), await elsewhere(limited)];
  const { shop } = limited;
  const rewards = (points: number) => [{ kind: 'points', points }];
  const body = { holdDays: 0, referrerRewards: rewards(200), referredRewards: rewards(100), maxPerReferrer: 1 };
  const set = await test.call('PUT', `referrals/tenant/${shop.tenantId}/programme`, { token: shop.owner.token, body });
  expect(set.status, set.text).toBe(200);
  // Another friend took the only place, by the programme of before.
  await sql`update referral_rewards set status = 'rejected' where tenant_id = ${shop.tenantId} and side = 'referrer'`;
  const other = await brought(test, shop, limited.referrer.link.code);
  await elsewhere({ ...limited, friend: other });
  await reverse(limited, first);
  await endHold(1);
  expect(await limited.both()).toEqual([200, 100]);

  const known = await friends();
  await buy(test, known.shop, { token: known.friend.token, card: CARDS.visa });
  await buy(test, known.shop, { token: known.friend.token, card: CARDS.mastercard });
  await buy(test, known.shop, { token: known.referrer.token, card: CARDS.visa });
  await told(test);
  await endHold();
  expect(await known.both()).toEqual([0, 0]);
  const rows = await sql`select findings from referral_conversions where status = 'counted'
    and tenant_id = ${known.shop.tenantId}`;
  expect(rows.map((row) => row['findings'])).toEqual([[{ rule: 'SAME_CARD', effect: 'unrewarded' }]]);
});
