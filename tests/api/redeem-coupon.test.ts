import { afterEach, describe, expect, it } from 'vitest';
import { brandWithMember, claimed, makeCoupon, newMember, reasonsOf, tokenAt, usesOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId, owner, member } = brand;
const staff = await quickMember(test, tenantId, 'staff');
const coupon = (fields: Record<string, unknown> = {}) => makeCoupon(test, brand, fields);

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

async function claimOf(fields: Record<string, unknown> = {}, { token, userId } = member) {
  const made = await coupon(fields);
  return { couponId: made.id as string, userId, claim: await claimed(test, { tenantId, couponId: made.id, token }) };
}

function redeem(claimCode: string, more: object = {}, token = staff.token) {
  return test.call('POST', `coupons/${tenantId}/redeem`, { token, body: { claimCode, ...more } });
}

function release(claimId: string, { token = owner.token, body = {}, headers = {} } = {}) {
  return test.call('POST', `coupons/${tenantId}/claims/${claimId}/release`, { token, body, headers });
}

async function sell(fields: object): Promise<string> {
  const body = { name: 'Mug', price: { amount: 900, currency: 'EUR' }, status: 'active', ...fields };
  const headers = { 'x-tenant-id': tenantId };
  const saved = await test.call('POST', 'tenants/brand/products', { token: owner.token, body, headers });
  return saved.body.data.id;
}

const owned = async () =>
  (await test.call('GET', `tenants/${tenantId}/user/products`, { token: member.token })).body.data.map(
    ({ source, product }: { source: string; product: { id: string } }) => `${source} ${product.id}`,
  );

describe('at the till', () => {
  it('what a member shows is redeemed, however it is typed', async () => {
    const { couponId, claim } = await claimOf({ maxRedemptions: 1 });
    const typed = claim.code.toLowerCase().replaceAll('-', ' ');
    const answer = await redeem(typed, { amount: 4980, currency: 'EUR' });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body.data).toMatchObject({
      claim: { id: claim.id, status: 'redeemed', discount: 498, subtotal: 4980, currency: 'EUR' },
      discount: { amount: 498, currency: 'EUR' },
      total: { amount: 4482, currency: 'EUR' },
    });
    expect(await usesOf(test, brand, couponId)).toEqual([0, 0, 1]);
    expectRefusal(await redeem(claim.code), 409, 'CLAIM_NOT_OPEN');
  });

  it('is redeemed once by many tills', async () => {
    const { couponId, claim } = await claimOf();
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(claim.code, { amount: 1000 })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await usesOf(test, brand, couponId)).toEqual([0, 0, 1]);
  });

  it('a code that nobody shows is a 404, one that ran out a 409, and customers redeem nothing', async () => {
    const { claim } = await claimOf({ claimTtlSeconds: 1 });
    for (const code of ['AAAA-AAAA-AAAA-AAAA', 'x', `${claim.code}A`]) expectRefusal(await redeem(code), 404);
    expectRefusal(await redeem(claim.code, {}, member.token), 404, 'NOT_FOUND');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const late = await redeem(claim.code);
    expectRefusal(late, 409, 'CLAIM_NOT_OPEN');
    expect(late.body.error.details).toEqual({ status: 'expired' });
  });

  it('asks for the amount where the terms need it', async () => {
    const { claim } = await claimOf({ minSubtotal: 2000, currency: 'EUR' });
    expect(reasonsOf(await redeem(claim.code, { currency: 'EUR' }))).toEqual(['MIN_AMOUNT']);
    expect(reasonsOf(await redeem(claim.code, { amount: 1999 }))).toEqual(['MIN_AMOUNT']);
    expect((await redeem(claim.code, { amount: 2000 })).status).toBe(201);
    const budgets = [{ measure: 'discount', period: 'all', limit: 1000, currency: 'EUR' }];
    const counted = await claimOf({ budgets });
    expect(reasonsOf(await redeem(counted.claim.code))).toEqual(['AMOUNT_REQUIRED']);
  });

  it('uses the budgets', async () => {
    const made = await coupon({ budgets: [{ measure: 'redemptions', period: 'hour', limit: 1 }] });
    const claims = [];
    for (const { token } of [member, await newMember(test, tenantId)]) {
      claims.push(await claimed(test, { tenantId, couponId: made.id, token }));
    }
    expect((await redeem(claims[0].code)).status).toBe(201);
    expect(reasonsOf(await redeem(claims[1].code))).toEqual(['BUDGET_EXHAUSTED']);
    expect((await release(claims[0].id, { body: { reason: 'Rung up twice' } })).status).toBe(200);
    expect((await redeem(claims[1].code)).status).toBe(201);
  });

  it('takes it off what is bought of certain products, and counts that', async () => {
    const budgets = [{ measure: 'discount', period: 'all', limit: 500, currency: 'EUR' }];
    const { claim } = await claimOf({ productIds: [await sell({}), await sell({})], budgets });
    expect(reasonsOf(await redeem(claim.code))).toEqual(['AMOUNT_REQUIRED']);
    expect(reasonsOf(await redeem(claim.code, { amount: 5010 }))).toEqual(['BUDGET_EXHAUSTED']);
    const { body } = await redeem(claim.code, { amount: 4980 });
    expect(body.data).toMatchObject({ discount: { amount: 498 }, total: { amount: 4482 } });
  });

  it('a product is given, from the stock, and taken back with a rollback', async () => {
    const productId = await sell({ stock: 1 });
    const { claim } = await claimOf({ kind: 'product', productId });
    const other = await newMember(test, tenantId);
    const second = await claimOf({ kind: 'product', productId }, other);
    expect((await redeem(claim.code)).status).toBe(201);
    expect(await owned()).toContain(`coupon ${productId}`);
    expectRefusal(await redeem(second.claim.code), 409, 'OUT_OF_STOCK');
    expect(await usesOf(test, brand, second.couponId)).toEqual([1, 0, 0]);
    expect((await release(claim.id, { body: { reason: 'Broken' } })).body.data.claim.releaseReason).toBe('rollback');
    expect(await owned()).not.toContain(`coupon ${productId}`);
    expect((await redeem(second.claim.code)).status).toBe(201);
  });
});

describe('a rollback (CP6)', () => {
  it('is made once, by admins, with a reason', async () => {
    const { couponId, claim } = await claimOf({ maxRedemptions: 1, maxPerUser: 1 });
    await redeem(claim.code);
    expectRefusal(await release(claim.id), 400, 'VALIDATION_ERROR');
    const body = { reason: 'Rung up twice' };
    expectRefusal(await release(claim.id, { token: member.token, body }), 403, 'FORBIDDEN');
    expectRefusal(await release(claim.id, { token: staff.token, body }), 403, 'FORBIDDEN');
    const answers = await Promise.all(Array.from({ length: 10 }, () => release(claim.id, { body })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expectRefusal(answer, 409, 'ALREADY_RELEASED');
    expect(await usesOf(test, brand, couponId)).toEqual([0, 0, 0]);
    await claimed(test, { tenantId, couponId, token: member.token });
  });

  it('is possible for three months', async () => {
    const { claim } = await claimOf();
    await redeem(claim.code);
    const at = new Date(Date.now() + 93 * 86_400_000);
    const token = await tokenAt(test, sql, { userId: owner.userId, at });
    const headers = { 'x-test-clock': at.toISOString() };
    expectRefusal(await release(claim.id, { token, body: { reason: 'Late' }, headers }), 409, 'ROLLBACK_TOO_LATE');
  });

  it('is nothing for somebody else', async () => {
    const { claim } = await claimOf();
    const stranger = await quickPerson(test);
    expectRefusal(await release(claim.id, { token: stranger.token }), 404, 'NOT_FOUND');
  });
});
