import { describe, expect, it } from 'vitest';
import { brandWithMember, claimed, makeCoupon, newMember, tokenAt, usesOf } from '../support/coupons.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId, owner, member, tierId } = brand;
const coupon = (fields: Record<string, unknown> = {}) => makeCoupon(test, brand, fields);
const names = Array.from({ length: 60 }, (_, n) => `CODE-${n}`);
const code = () => names.pop() as string;

async function sell(name: string, amount: number): Promise<string> {
  const body = { name, price: { amount, currency: 'EUR' }, status: 'active' };
  const saved = await test.call('POST', 'tenants/brand/products', {
    token: owner.token,
    body,
    headers: { 'x-tenant-id': tenantId },
  });
  expect(saved.status, saved.text).toBe(201);
  return saved.body.data.id;
}

type Asking = { token?: string; query?: string; at?: Date };

async function ask(couponId: string, { token = member.token, query = '', at }: Asking = {}) {
  const headers = at ? { 'x-test-clock': at.toISOString() } : {};
  const answer = await test.call('GET', `coupons/${tenantId}/${couponId}/eligibility?${query}`, { token, headers });
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
}

function validate(body: object, token?: string, of = tenantId) {
  return test.call('POST', 'stripe/coupons/validate', { token, body: { tenantId: of, ...body } });
}

describe('eligibility', () => {
  it('tells what it would take off', async () => {
    const { id } = await coupon();
    expect(await ask(id)).toEqual({ eligible: true, reasons: [], missing: {}, discount: null });
    const told = await ask(id, { query: 'amount=1999&currency=eur' });
    expect(told).toEqual({ eligible: true, reasons: [], missing: {}, discount: { amount: 199, currency: 'EUR' } });
  });

  it('tells every reason at once, and what is missing', async () => {
    const wanted = await sell('Wanted', 500);
    const fields = { minSubtotal: 5000, currency: 'EUR', productIds: [wanted], startsAt: '2099-01-01T00:00:00.000Z' };
    const other = await test.call('POST', `memberships/tenant/${tenantId}/tiers`, {
      token: owner.token,
      body: { name: 'Gold', code: `gold-${wanted.slice(-8)}`, rank: 9 },
    });
    const { id } = await coupon({ ...fields, tierIds: [other.body.data.id], active: false });
    const told = await ask(id, { query: `amount=4000&currency=EUR&productIds=${tenantId}` });
    expect(told.eligible).toBe(false);
    expect(told.reasons).toEqual(['DISABLED', 'NOT_STARTED', 'TIER_REQUIRED', 'PRODUCT_REQUIRED', 'MIN_AMOUNT']);
    expect(told.missing).toEqual({
      amount: 1000,
      startsAt: '2099-01-01T00:00:00.000Z',
      products: [wanted],
      tiers: [other.body.data.id],
    });
  });

  it('asks for membership where a tier is asked for', async () => {
    const { id } = await coupon({ tierIds: [tierId] });
    expect((await ask(id)).eligible).toBe(true);
    const { token } = await quickPerson(test);
    expect((await ask(id, { token })).reasons).toEqual(['NOT_A_MEMBER']);
  });

  it('knows the hours of the brand, and when they begin again', async () => {
    await sql`update tenants set timezone = 'America/New_York' where id = ${tenantId}`;
    const { id } = await coupon({ hours: [{ days: ['sat'], from: '22:00', to: '02:00' }] });
    const asked = async (text: string) => {
      const at = new Date(text);
      return ask(id, { token: await tokenAt(test, sql, { userId: member.userId, at }), at });
    };
    expect((await asked('2026-03-08T02:59:59Z')).missing.nextWindowAt).toBe('2026-03-08T03:00:00.000Z');
    expect((await asked('2026-03-08T03:00:00Z')).eligible).toBe(true);
    // Clocks are put forward at 2: the window that ends then has just as long as the wall says.
    expect((await asked('2026-03-08T06:59:59Z')).eligible).toBe(true);
    const after = await asked('2026-03-08T07:00:00Z');
    expect(after).toMatchObject({ reasons: ['OUTSIDE_WINDOW'], missing: { nextWindowAt: '2026-03-15T02:00:00.000Z' } });
    await sql`update tenants set timezone = 'UTC' where id = ${tenantId}`;
  });

  it('has no effect, however often it is asked', async () => {
    const { id } = await coupon({ maxRedemptions: 1 });
    await Promise.all(Array.from({ length: 20 }, () => ask(id, { query: 'amount=1000&currency=EUR' })));
    expect(await usesOf(test, brand, id)).toEqual([0, 0, 0]);
  });

  it.each([
    ['JPY', 999, 99],
    ['KWD', 10_050, 1_000],
    ['EUR', 9, 0],
  ])('rounds down in the steps of %s', async (currency, amount, discount) => {
    const { id } = await coupon();
    expect((await ask(id, { query: `amount=${amount}&currency=${currency}` })).discount).toEqual({
      amount: discount,
      currency,
    });
  });

  it('takes off the sum of the cart’s currency, or none', async () => {
    const sums = { kind: 'amount', amountOff: 500, currency: 'EUR', currencyOptions: { USD: { amountOff: 600 } } };
    const { id } = await coupon(sums);
    const off = async (currency: string) => ask(id, { query: `amount=550&currency=${currency}` });
    expect((await off('EUR')).discount).toEqual({ amount: 500, currency: 'EUR' });
    expect((await off('USD')).discount).toEqual({ amount: 550, currency: 'USD' });
    expect((await off('GBP')).reasons).toEqual(['CURRENCY_MISMATCH']);
  });

  it.each([
    'amount=-1',
    'amount=0.1',
    'amount=1e21',
    'amount=9007199254740992',
    'amount=x',
    'currency=XX',
    'productIds=x',
  ])('refuses %s (case 11)', async (query) => {
    const { id } = await coupon();
    const answer = await test.call('GET', `coupons/${tenantId}/${id}/eligibility?${query}`, { token: member.token });
    expectRefusal(answer, 400, 'VALIDATION_ERROR');
  });

  it('of a customer is told to the team, and to nobody else', async () => {
    const { id } = await coupon({ maxPerUser: 1 });
    await claimed(test, { tenantId, couponId: id, token: member.token });
    const about = `userId=${member.userId}`;
    expect((await ask(id, { token: owner.token, query: about })).reasons).toEqual([
      'CUSTOMER_LIMIT',
      'ALREADY_CLAIMED',
    ]);
    const { token } = await quickPerson(test);
    expectRefusal(await test.call('GET', `coupons/${tenantId}/${id}/eligibility?${about}`, { token }), 403);
  });

  it('of another brand’s coupon is a 404', async () => {
    const other = await brandWithMember(test);
    const { id } = await makeCoupon(test, other, { code: 'THEIRS' });
    const answer = await test.call('GET', `coupons/${tenantId}/${id}/eligibility`, { token: member.token });
    expectRefusal(answer, 404, 'NOT_FOUND');
  });

  it('reads twice, whatever it is asked', async () => {
    const { id } = await coupon();
    await ask(id);
    const before = test.statements.length;
    await ask(id, { query: 'amount=1999&currency=EUR' });
    const statements = test.statements.slice(before).filter((text) => !/from "sessions"/.test(text));
    expect(statements).toHaveLength(2);
  });
});

describe('a cart against all coupons', () => {
  it('reads twice for 200, and answers the best first', async () => {
    const shop = await brandWithMember(test);
    const made = [];
    for (let n = 0; n < 200; n += 1) {
      const fields = {
        public: true,
        kind: 'amount',
        amountOff: 100 + n,
        currency: 'EUR',
        minSubtotal: n < 150 ? 0 : 9000,
      };
      made.push(await makeCoupon(test, shop, { ...fields, maxRedemptions: 5, maxPerUser: 1, budgets: [] }));
    }
    const secret = await makeCoupon(test, shop, { code: 'SECRET-9', kind: 'amount', amountOff: 700, currency: 'EUR' });
    const { token } = shop.member;
    const held = await claimed(test, { tenantId: shop.tenantId, couponId: secret.id, token });
    const url = `coupons/${shop.tenantId}/eligible`;
    const call = () => test.call('POST', url, { token, body: { amount: 5000, currency: 'EUR' } });
    await call();
    const before = test.statements.length;
    const answer = await call();
    const statements = test.statements.slice(before).filter((text) => !/from "sessions"/.test(text));
    expect(statements).toHaveLength(2);
    const { coupons } = answer.body.data;
    expect(coupons).toHaveLength(201);
    expect(coupons[0]).toMatchObject({ claimId: held.id, eligible: true, discount: { amount: 700, currency: 'EUR' } });
    expect(coupons[1]).toMatchObject({ claimId: null, discount: { amount: 249 } });
    expect(coupons.filter(({ eligible }: { eligible: boolean }) => !eligible)).toHaveLength(50);
    expect(answer.text).not.toContain('SECRET-9');
  }, 30_000);
});

describe('a claim that has run out', () => {
  it('is offered to nobody: the coupon is, if there is one left', async () => {
    const person = await newMember(test, tenantId);
    const { id } = await coupon({ public: true, maxRedemptions: 1, claimTtlSeconds: 60 });
    const held = await claimed(test, { tenantId, couponId: id, token: person.token });
    const offer = async (at: Date) => {
      const token = await tokenAt(test, sql, { userId: person.userId, at });
      const headers = { 'x-test-clock': at.toISOString() };
      const body = { amount: 2000, currency: 'EUR' };
      const { body: answer } = await test.call('POST', `coupons/${tenantId}/eligible`, { token, headers, body });
      return answer.data.coupons.find(({ coupon: { id: one } }: { coupon: { id: string } }) => one === id);
    };
    expect(await offer(new Date())).toMatchObject({ claimId: held.id, eligible: true });
    const later = new Date(Date.now() + 120_000);
    expect(await offer(later)).toMatchObject({ claimId: null, eligible: true });
    const other = await newMember(test, tenantId);
    const token = await tokenAt(test, sql, { userId: other.userId, at: later });
    await claimed(test, { tenantId, couponId: id, token, clock: later });
    expect(await offer(later)).toMatchObject({ claimId: null, reasons: ['QUANTITY_EXCEEDED'] });
  });
});

describe('validation', () => {
  it('of a code tells what it would take off, to anybody', async () => {
    const { id, code: typed } = await coupon({ code: code() });
    const answer = await validate({ code: typed.toLowerCase(), amount: 4980, currency: 'EUR' });
    expect(answer.body.data).toMatchObject({
      valid: true,
      reason: null,
      coupon: { id, code: typed, name: 'Sale' },
      discount: { amount: 498, currency: 'EUR' },
      total: { amount: 4482, currency: 'EUR' },
    });
  });

  it('prices items by the brand, and says when a coupon has no effect', async () => {
    const productId = await sell('Free', 0);
    const { code: typed } = await coupon({ code: code() });
    const answer = await validate({ code: typed, items: [{ productId, quantity: 1 }] });
    expect(answer.body.data.coupons).toEqual([expect.objectContaining({ discount: 0, skipped: true })]);
  });

  it('of several applies them in their order', async () => {
    const [a, b] = [
      await coupon({ code: code(), stackable: true, percentOff: 50 }),
      await coupon({ code: code(), stackable: true, kind: 'amount', amountOff: 5000, currency: 'EUR' }),
    ];
    const answer = await validate({ coupons: [{ code: a.code }, { code: b.code }], amount: 4000, currency: 'EUR' });
    expect(answer.body.data).toMatchObject({ discount: { amount: 4000 }, total: { amount: 0 } });
  });

  it('gives strangers one answer, and members the reasons', async () => {
    const { code: typed } = await coupon({ code: code(), minSubtotal: 9000, currency: 'EUR' });
    const cart = { amount: 1000, currency: 'EUR' };
    const stranger = await quickPerson(test);
    const known = await validate({ code: typed, ...cart });
    const unknown = await validate({ code: 'NOBODY-HAS-IT', ...cart });
    expect(known.body).toEqual(unknown.body);
    expect((await validate({ code: typed, ...cart }, stranger.token)).body).toEqual(unknown.body);
    const told = await validate({ code: typed, ...cart }, member.token);
    expect(told.body.data).toMatchObject({ valid: false, reason: 'MIN_AMOUNT', missing: { amount: 8000 } });
  });

  it('of a code of another brand is that of none', async () => {
    const other = await brandWithMember(test);
    const { code: typed } = await makeCoupon(test, other, { code: 'OF-ANOTHER' });
    expect((await validate({ code: typed }, member.token)).body.data.reason).toBe('NOT_FOUND');
    expect((await validate({ code: typed }, undefined, other.tenantId)).body.data.valid).toBe(true);
  });

  it.each([{}, { code: 'ABC', coupons: [{ code: 'ABC' }] }, { coupons: [] }, { code: 'ABC', amount: 100 }])(
    'refuses %j',
    async (body) => expectRefusal(await validate(body), 400, 'VALIDATION_ERROR'),
  );

  it('of archived and unknown coupons knows nothing', async () => {
    const { id, code: typed } = await coupon({ code: code() });
    const { token } = await newMember(test, tenantId);
    await claimed(test, { tenantId, couponId: id, token });
    const gone = await test.call('DELETE', `coupons/${tenantId}/${id}`, { token: owner.token });
    expect(gone.body.data.archived).toBe(true);
    expect((await validate({ code: typed }, member.token)).body.data.reason).toBe('NOT_FOUND');
    expect((await ask(id)).reasons).toEqual(['DISABLED']);
    await coupon({ code: typed });
    expect((await validate({ code: typed }, member.token)).body.data.valid).toBe(true);
  });
});
