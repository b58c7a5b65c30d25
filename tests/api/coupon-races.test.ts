import { afterEach, describe, expect, it } from 'vitest';
import { makeCoupon, newMember, reasonsOf, usesOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { buy, cancel, connectWebhooks, openShop, order, refund, told } from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
await connectWebhooks(test);
const shop = await openShop(test, { price: { amount: 2000, currency: 'EUR' } });
const { tenantId, buyer } = shop;
const basic = { token: shop.owner.token, body: { name: 'Basic', code: 'basic', rank: 0 } };
await test.call('POST', `memberships/tenant/${tenantId}/tiers`, basic);
await test.call('POST', `tenants/${tenantId}/membership/join`, { token: buyer.token });
const names = Array.from({ length: 90 }, (_, n) => `RACE-${n}`);
const code = () => names.pop() as string;
const coupon = (fields: Record<string, unknown> = {}) => makeCoupon(test, shop, fields);
const uses = (couponId: string) => usesOf(test, shop, couponId);
const using = (couponCode: string, more: object = {}) => ({ body: { couponCode, ...more } });

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

describe('races', () => {
  it('of 40 buyers for the last 7: exactly 7 pay less', async () => {
    const { id, code: couponCode } = await coupon({ code: code(), maxRedemptions: 7, public: true });
    const buyers = await Promise.all(Array.from({ length: 40 }, () => quickPerson(test)));
    const answers = await Promise.all(buyers.map(({ token }) => order(test, shop, { token, ...using(couponCode) })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(7);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(new Set(refused.flatMap(reasonsOf))).toEqual(new Set(['QUANTITY_EXCEEDED']));
    expect(await uses(id)).toEqual([0, 7, 0]);
  }, 60_000);

  it('of one buyer with a limit of one: one payment', async () => {
    const { id, code: couponCode } = await coupon({ code: code(), maxPerUser: 1 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => order(test, shop, using(couponCode))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await uses(id)).toEqual([0, 1, 0]);
  });

  it('of a first purchase: one open payment, whichever coupons', async () => {
    const { token } = await newMember(test, tenantId);
    const [a, b] = await Promise.all([1, 2].map(() => coupon({ code: code(), firstPurchaseOnly: true })));
    const answers = await Promise.all(
      [a, b, a, b].map(({ code: couponCode }) => order(test, shop, { token, ...using(couponCode) })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 201).flatMap(reasonsOf))).toEqual(
      new Set(['NOT_FIRST_PURCHASE']),
    );
  });

  it('of a budget: never more than it, and it comes back', async () => {
    const budgets = [{ measure: 'discount', period: 'day', limit: 500 }];
    const { id, code: couponCode } = await coupon({ code: code(), currency: 'EUR', budgets });
    const answers = await Promise.all(Array.from({ length: 8 }, () => order(test, shop, using(couponCode))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(new Set(answers.filter(({ status }) => status !== 201).flatMap(reasonsOf))).toEqual(
      new Set(['BUDGET_EXHAUSTED']),
    );
    const open = answers.find(({ status }) => status === 201);
    await cancel(test, open?.body.data.payment.id, buyer.token);
    expect((await order(test, shop, using(couponCode))).status).toBe(201);
    expect(await uses(id)).toEqual([0, 2, 0]);
  });

  it('of 100 requests under one key: one payment, one use (G4)', async () => {
    const { id, code: couponCode } = await coupon({ code: code() });
    const key = `once-${id}`;
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => order(test, shop, { key, ...using(couponCode) })),
    );
    for (const { status, text } of answers) expect([201, 409], text).toContain(status);
    const again = await order(test, shop, { key, ...using(couponCode) });
    expect(again.status, again.text).toBe(201);
    expect(await uses(id)).toEqual([0, 1, 0]);
  }, 30_000);
});

describe('a first purchase', () => {
  it('is over with the first payment, and again first after its full refund', async () => {
    const person = await newMember(test, tenantId);
    const { token } = person;
    const { code: couponCode } = await coupon({ code: code(), firstPurchaseOnly: true });
    const first = await buy(test, shop, { token });
    expect(reasonsOf(await order(test, shop, { token, ...using(couponCode) }))).toEqual(['NOT_FIRST_PURCHASE']);
    await refund(test, first.id, { token: shop.owner.token });
    await told(test);
    expect((await order(test, shop, { token, ...using(couponCode) })).status).toBe(201);
  });
});
