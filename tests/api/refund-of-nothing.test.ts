import { afterEach, expect, it } from 'vitest';
import { makeCoupon, newMember, usesOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { connectWebhooks, openShop, order, refund, stockOf } from '../support/payments.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

/** What cost nothing has no money to be given back, but all else. */
const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
await connectWebhooks(test);
const shop = await openShop(test, { stock: 3 });
const { tenantId, owner } = shop;
await test.call('POST', `memberships/tenant/${tenantId}/tiers`, {
  token: owner.token,
  body: { name: 'Basic', code: 'basic', rank: 0 },
});
const coupon = await makeCoupon(test, shop, { code: 'ALL-OF-IT', percentOff: 100, firstPurchaseOnly: true });

async function takeForNothing() {
  const member = await newMember(test, tenantId);
  const body = { couponCode: 'ALL-OF-IT' };
  const answer = await order(test, shop, { token: member.token, body });
  expect(answer.body.data.payment, answer.text).toMatchObject({ status: 'succeeded', amount: 0, refundStatus: 'none' });
  return { member, paymentId: answer.body.data.payment.id as string };
}

const ownedBy = async ({ token }: { token: string }) =>
  (await test.call('GET', `tenants/${tenantId}/user/products`, { token })).body.data;

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

it('gives back the coupon, the stock and the product, once of many', async () => {
  const { member, paymentId } = await takeForNothing();
  expect(await usesOf(test, shop, coupon.id)).toEqual([0, 0, 1]);
  const preview = await refund(test, paymentId, { token: owner.token, query: '?dryRun=true' });
  expect(preview.body.data).toMatchObject({ amount: 0, isFull: true });
  const answers = await Promise.all(Array.from({ length: 8 }, () => refund(test, paymentId, { token: owner.token })));
  const made = answers.filter(({ status }) => status === 201);
  expect(made).toHaveLength(1);
  expect(made[0]?.body.data.refund).toMatchObject({ amount: 0, status: 'succeeded' });
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    expectRefusal(answer, 409, 'REFUND_EXCEEDS_PAYMENT');
  }
  expect(await usesOf(test, shop, coupon.id)).toEqual([0, 0, 0]);
  expect(await stockOf(test, shop)).toBe(3);
  expect(await ownedBy(member)).toEqual([]);
  // It was no purchase: the next one is the first again.
  const again = await order(test, shop, { token: member.token, body: { couponCode: 'ALL-OF-IT' } });
  expect(again.status, again.text).toBe(201);
});

it('waits for an admin when its buyer asks', async () => {
  const { member, paymentId } = await takeForNothing();
  const asked = await refund(test, paymentId, { token: member.token });
  expect([asked.status, asked.body.data.refund.status]).toEqual([202, 'requested']);
  expect(await ownedBy(member)).toHaveLength(1);
  const path = `payments/refunds/${asked.body.data.refund.id}/approve`;
  const approved = await test.call('POST', path, { token: owner.token });
  expect(approved.body.data.refund, approved.text).toMatchObject({ status: 'succeeded' });
  expect(await ownedBy(member)).toEqual([]);
  const seen = await test.call('GET', `payments/${paymentId}`, { token: member.token });
  expect(seen.body.data).toMatchObject({ status: 'succeeded', refundStatus: 'full', refundedAmount: 0 });
});
