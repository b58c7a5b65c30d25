import { afterEach, describe, expect, it } from 'vitest';
import { claim, claimed, makeCoupon, newMember, reasonsOf, usesOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { begin, cancel, inMinutes, openShop, order } from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const shop = await openShop(test, { price: { amount: 2000, currency: 'EUR' } });
const { tenantId, owner } = shop;
const basic = { token: owner.token, body: { name: 'Basic', code: 'basic', rank: 0 } };
await test.call('POST', `memberships/tenant/${tenantId}/tiers`, basic);
const people = () => Promise.all(Array.from({ length: 10 }, () => newMember(test, tenantId)));

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

/** A coupon with a code for one person, as a batch makes them. */
async function withCode(code: string) {
  const { id: couponId } = await makeCoupon(test, shop);
  await sql`insert into promotion_codes (tenant_id, id, coupon_id, code, code_key, single_use, created_at)
    values (${tenantId}, uuidv7(), ${couponId}, ${code}, ${code.toUpperCase()}, true, now())`;
  await sql`update coupon_counters set codes = 1 where coupon_id = ${couponId}`;
  return couponId as string;
}

describe('a code for one person', () => {
  it('pays for one of many who have it, and for the next when that is given up', async () => {
    const couponId = await withCode('Once-1');
    const buyers = await people();
    const pay = (token: string) => order(test, shop, { token, body: { couponCode: 'ONCE-1' } });
    const answers = await Promise.all(buyers.map(({ token }) => pay(token)));
    const first = answers.findIndex(({ status }) => status === 201);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 201).flatMap(reasonsOf))).toEqual(
      new Set(['QUANTITY_EXCEEDED']),
    );
    await cancel(test, answers[first]?.body.data.payment.id, buyers[first]?.token ?? '');
    expect((await pay(buyers[9]?.token ?? '')).status).toBe(201);
    expect(await usesOf(test, shop, couponId)).toEqual([0, 1, 0]);
  });

  it('is what a claim of its coupon asks for, while that is secret', async () => {
    const couponId = await withCode('ONCE-2');
    const [one, two] = await people();
    const ask = (token = '', code?: string) => claim(test, { tenantId, couponId, token, ...(code && { code }) });
    expect(reasonsOf(await ask(one?.token))).toEqual(['CODE_REQUIRED']);
    expect(reasonsOf(await ask(one?.token, 'ONCE-X'))).toEqual(['NOT_FOUND']);
    const held = await ask(one?.token, 'once-2');
    expect(held.status, held.text).toBe(201);
    expect(reasonsOf(await ask(two?.token, 'ONCE-2'))).toEqual(['QUANTITY_EXCEEDED']);
    const { token: stranger } = await quickPerson(test);
    expect(reasonsOf(await ask(stranger, 'ONCE-2'))).toEqual(['NOT_FOUND']);
    const release = `coupons/${tenantId}/claims/${held.body.data.claim.id}/release`;
    expect((await test.call('POST', release, { token: one?.token })).status).toBe(200);
    expect((await ask(two?.token, 'ONCE-2')).status).toBe(201);
  });
});

describe('what somebody else has kept too long', () => {
  it('is there for who pays, before any job came by', async () => {
    const { id: couponId } = await makeCoupon(test, shop, { code: 'LATE-1', maxRedemptions: 1, claimTtlSeconds: 60 });
    const [slow, quick] = await people();
    await claimed(test, { tenantId, couponId, token: slow?.token ?? '' });
    const paying = { token: quick?.token ?? '', body: { couponCode: 'LATE-1' } };
    expect(reasonsOf(await order(test, shop, paying))).toEqual(['QUANTITY_EXCEEDED']);
    const { payment } = await begin(test, shop, { ...paying, clock: inMinutes(2) });
    expect(payment.discount).toBe(200);
    expect(await usesOf(test, shop, couponId)).toEqual([0, 1, 0]);
  });
});
