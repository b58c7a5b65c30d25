import { afterEach, beforeAll, expect, it } from 'vitest';
import { clockAt, tokenAt } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { buy, CARDS, connectWebhooks, type Shop, told } from '../support/payments.ts';
import { addDays, jobsAt } from '../support/points.ts';
import { balanceOf, brought, newReferrer, referringShop } from '../support/referrals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

/** Who takes the place of what was taken back, and which place of the limits that is. */
const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);

beforeAll(async () => {
  await connectWebhooks(test);
});
afterEach(async () => {
  await told(test);
  expect(await findBroken(sql)).toEqual([]);
});

type Buying = { code: string; userId: string; clock: Date };
let orders = 0;

async function elsewhere(shop: Shop, { code, userId, clock }: Buying): Promise<string> {
  orders += 1;
  const body = { code, event: 'purchase', userId, externalId: `p${orders}`, amount: 900, currency: 'EUR' };
  const token = await tokenAt(test, sql, { userId: shop.owner.userId, at: clock });
  const tracked = await test.call('POST', 'referrals/track', { token, body, headers: clockAt(clock) });
  expect(tracked.body.data?.tracked, tracked.text).toBe(true);
  return tracked.body.data.eventId;
}

async function reverse({ tenantId, owner }: Shop, id: string, clock = addDays(0)) {
  const token = await tokenAt(test, sql, { userId: owner.userId, at: clock });
  const url = `referrals/tenant/${tenantId}/conversions/${id}/reverse`;
  const answer = await test.call('POST', url, { token, headers: clockAt(clock) });
  expect(answer.status, answer.text).toBe(200);
}

const findingsOf = async (id: string) =>
  (await sql`select findings from referral_conversions where id = ${id}`)[0]?.['findings'];

it('gives neither reward nor milestone for whoever turns out to pay with one card', async () => {
  const shop = await referringShop(test, {
    milestones: [{ conversions: 2, rewards: [{ kind: 'points', points: 50 }] }],
  });
  const referrer = await newReferrer(test, shop);
  const { code } = referrer.link;
  const [friend, other] = [await brought(test, shop, code), await brought(test, shop, code)];
  const cash = await elsewhere(shop, { code, userId: other.userId, clock: addDays(0) });
  for (const card of [CARDS.visa, CARDS.mastercard, CARDS.amex]) await buy(test, shop, { token: friend.token, card });
  await buy(test, shop, { token: referrer.token, card: CARDS.visa });
  await told(test);
  const rows =
    await sql`select status, findings from referral_conversions where tenant_id = ${shop.tenantId} and id <> ${cash} order by created_at`;
  const rulesOf = (findings: { rule: string }[]) => findings.map(({ rule }) => rule);
  expect(rows.map((row) => [row['status'], rulesOf(row['findings'])])).toEqual([
    ['reversed', ['SAME_CARD']],
    ['counted', ['SAME_CARD']],
    ['counted', ['SAME_CARD']],
  ]);
  await jobsAt(test, addDays(15)).expire({});
  expect(await balanceOf(test, shop, referrer.token)).toBe(200);
  expect(await balanceOf(test, shop, friend.token)).toBe(0);
});

it('takes the place of the month in which it came, that of another month is not used up', async () => {
  const shop = await referringShop(test, { holdDays: 0, maxPerReferrerMonth: 1 });
  const referrer = await newReferrer(test, shop);
  const { code } = referrer.link;
  const [friend, other, third] = [
    await brought(test, shop, code),
    await brought(test, shop, code),
    await brought(test, shop, code),
  ];
  const later = addDays(40);
  const first = await elsewhere(shop, { code, userId: friend.userId, clock: addDays(0) });
  const next = await elsewhere(shop, { code, userId: friend.userId, clock: addDays(0) });
  const late = await elsewhere(shop, { code, userId: other.userId, clock: later });
  await reverse(shop, first, later);
  expect(await findingsOf(next)).toEqual([]);
  await reverse(shop, late, later);
  expect(await findingsOf(await elsewhere(shop, { code, userId: third.userId, clock: later }))).toEqual([]);
  await jobsAt(test, addDays(41)).expire({});
  expect(await balanceOf(test, shop, referrer.token)).toBe(400);
});

it('goes on to the next where the limit of a month leaves nothing', async () => {
  const shop = await referringShop(test, { holdDays: 0, maxPerReferrerMonth: 1, referredRewards: [] });
  const referrer = await newReferrer(test, shop);
  const { code } = referrer.link;
  const [friend, other] = [await brought(test, shop, code), await brought(test, shop, code)];
  const first = await elsewhere(shop, { code, userId: friend.userId, clock: addDays(0) });
  await elsewhere(shop, { code, userId: other.userId, clock: addDays(40) });
  const second = await elsewhere(shop, { code, userId: friend.userId, clock: addDays(40) });
  const third = await elsewhere(shop, { code, userId: friend.userId, clock: addDays(80) });
  await reverse(shop, first, addDays(80));
  expect(await findingsOf(second)).toEqual([{ rule: 'LIMIT_MONTH', effect: 'unrewarded' }]);
  expect(await findingsOf(third)).toEqual([]);
  await jobsAt(test, addDays(81)).expire({});
  expect(await balanceOf(test, shop, referrer.token)).toBe(400);
});

it('keeps what was found of a conversion while its own reversal waited', async () => {
  const shop = await referringShop(test);
  const referrer = await newReferrer(test, shop);
  const { code } = referrer.link;
  const friend = await brought(test, shop, code);
  const bought = { code, userId: friend.userId, clock: addDays(0) };
  const [first, second] = [await elsewhere(shop, bought), await elsewhere(shop, bought)];
  let answers: Promise<unknown> = Promise.resolve();
  await sql.begin(async (tx) => {
    await tx`select 1 from referral_referrers where user_id = ${referrer.userId} for update`;
    const going = reverse(shop, first);
    await waitingFor(1);
    const after = reverse(shop, second);
    await waitingFor(2);
    answers = Promise.all([going, after]);
  });
  await answers;
  expect(await findingsOf(second)).toEqual([]);
});

async function waitingFor(count: number): Promise<void> {
  for (let round = 0; round < 500; round += 1) {
    const rows = await sql`select 1 from pg_stat_activity where wait_event_type = 'Lock'
      and datname = current_database()`;
    if (rows.length >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nobody waits');
}
