import { describe, expect, it } from 'vitest';
import { quickBrand } from '../support/keys.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const brand = await quickBrand(test);
const { tenantId, owner } = brand;
const codes = Array.from({ length: 50 }, (_, n) => `CODE-${n}`);
const percent = (fields: object = {}) => ({ name: 'Sale', kind: 'percent', percentOff: 10, ...fields });
const make = (fields: object = {}, of = brand) =>
  test.call('POST', `coupons/${of.tenantId}`, { token: of.owner.token, body: percent(fields) });
const nextCode = () => codes.pop() as string;

async function made(fields: object = {}) {
  const answer = await make(fields);
  expect(answer.status, answer.text).toBe(201);
  return answer.body.data;
}

describe('a coupon', () => {
  it('is made with what is said, and with defaults', async () => {
    const code = nextCode();
    const coupon = await made({ code, maxRedemptions: 5 });
    expect(coupon).toMatchObject({ tenantId, code, kind: 'percent', percentOff: 10, public: false, active: true });
    expect(coupon.uses).toEqual({ claimed: 0, reserved: 0, redeemed: 0, left: 5 });
    const read = await test.call('GET', `coupons/${tenantId}/${coupon.id}`, { token: owner.token });
    expect(read.body.data).toEqual(coupon);
  });

  it('takes sums in the currency of the brand where none is said', async () => {
    const coupon = await made({ kind: 'amount', percentOff: undefined, amountOff: 500, minSubtotal: 2000 });
    const { body } = await test.call('GET', `tenants/${tenantId}`, { token: owner.token });
    expect(coupon).toMatchObject({ amountOff: 500, currency: body.data.currency, percentOff: null });
  });

  it.each([
    ['percentOff', { percentOff: 0 }],
    ['percentOff', { percentOff: 101 }],
    ['percentOff', { percentOff: -1 }],
    ['percentOff', { percentOff: 100.01 }],
    ['percentOff', { percentOff: 12.345 }],
    ['percentOff', { percentOff: 1e-9 }],
    ['percentOff', { percentOff: '10' }],
    ['percentOff', { percentOff: undefined }],
    ['amountOff', { amountOff: 100 }],
    ['percentOff', { kind: 'amount', amountOff: 100, currency: 'EUR' }],
    ['amountOff', { kind: 'amount', percentOff: undefined, currency: 'EUR' }],
    ['amountOff', { kind: 'amount', percentOff: undefined, amountOff: 0, currency: 'EUR' }],
    ['amountOff', { kind: 'amount', percentOff: undefined, amountOff: 1e21, currency: 'EUR' }],
    ['amountOff', { kind: 'amount', percentOff: undefined, amountOff: 0.1, currency: 'EUR' }],
    ['amountOff', { kind: 'amount', percentOff: undefined, amountOff: 105, currency: 'KWD' }],
    ['currency', { currency: 'XYZ' }],
    ['productId', { kind: 'product', percentOff: undefined }],
    ['productId', { kind: 'product', percentOff: undefined, productId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071' }],
    ['productIds.0', { productIds: ['019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071'] }],
    ['tierIds.0', { tierIds: ['019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071'] }],
    ['endsAt', { startsAt: '2027-01-02T00:00:00Z', endsAt: '2027-01-01T00:00:00Z' }],
    ['endsAt', { startsAt: '2027-01-02T00:00:00Z', endsAt: '2027-01-02T00:00:00Z' }],
    ['hours.0.to', { hours: [{ days: ['mon'], from: '09:00', to: '09:00' }] }],
    ['hours.0.from', { hours: [{ days: ['mon'], from: '25:00', to: '09:00' }] }],
    ['maxRedemptions', { maxRedemptions: 0 }],
    ['durationInMonths', { duration: 'repeating' }],
    ['budgets.1', { budgets: [1, 2].map((limit) => ({ measure: 'redemptions', period: 'day', limit })) }],
    ['code', { code: 'ab' }],
    ['code', { code: 'ſUMMER' }],
    ['code', { code: 'SUMMER 10' }],
    ['code', { code: 'ＳＵＭＭＥＲ' }],
    ['code', { code: 'SUММER' }],
  ])('is refused for its %s: %j', async (field, fields) => {
    const answer = await make(fields);
    expectRefusal(answer, 400, 'VALIDATION_ERROR');
    expect(answer.body.error.errors.map((one: { field: string }) => one.field)).toContain(field);
  });

  it('has a code that no other of the brand has, in any case; another brand may', async () => {
    const code = nextCode();
    await made({ code });
    for (const same of [code, code.toLowerCase()]) expectRefusal(await make({ code: same }), 409, 'COUPON_CODE_TAKEN');
    const other = await quickBrand(test);
    expect((await make({ code }, other)).status).toBe(201);
  });

  it('is made once by many at once with one code', async () => {
    const code = nextCode();
    const answers = await Promise.all(Array.from({ length: 20 }, () => make({ code })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
  });

  it('is changed, with what it is not allowed to become refused', async () => {
    const coupon = await made({ code: nextCode(), maxPerUser: 1 });
    const url = `coupons/${tenantId}/${coupon.id}`;
    const change = (body: object) => test.call('PATCH', url, { token: owner.token, body });
    const changed = await change({ percentOff: 12.5, maxRedemptions: 7, maxPerUser: null });
    expect(changed.body.data).toMatchObject({ percentOff: 12.5, maxRedemptions: 7, maxPerUser: null, version: 2 });
    expectRefusal(await change({ percentOff: null }), 400, 'VALIDATION_ERROR');
    expectRefusal(await change({ amountOff: 500 }), 400, 'VALIDATION_ERROR');
    expect((await change({ code: 'OTHER-1' })).body.data.code).toBe(coupon.code);
    const audit = await test.call('GET', `tenants/${tenantId}/audit`, { token: owner.token });
    expect(audit.body.data.map(({ action }: { action: string }) => action)).toContain('coupon.updated');
  });

  it('that nobody used is removed, and its code is free', async () => {
    const code = nextCode();
    const { id } = await made({ code });
    const url = `coupons/${tenantId}/${id}`;
    const gone = await test.call('DELETE', url, { token: owner.token });
    expect(gone.body.data).toEqual({ id, deleted: true, archived: false });
    expectRefusal(await test.call('GET', url, { token: owner.token }), 404);
    expectRefusal(await test.call('DELETE', url, { token: owner.token }), 404);
    await made({ code });
  });
});

describe('the public list (CP10)', () => {
  it('has the public coupons that run now, without counters, and no secret one', async () => {
    const one = await quickBrand(test);
    const shown = (await make({ public: true, name: 'Shown', maxRedemptions: 3 }, one)).body.data;
    const hidden = [
      { code: 'SECRET-1' },
      { public: true, active: false },
      { public: true, startsAt: '2999-01-01T00:00:00Z' },
      { public: true, endsAt: '2001-01-01T00:00:00Z' },
    ];
    for (const fields of hidden) expect((await make(fields, one)).status).toBe(201);
    const list = await test.call('GET', `coupons/public/${one.tenantId}`);
    expect(list.body.data.map(({ id }: { id: string }) => id)).toEqual([shown.id]);
    for (const word of ['SECRET', 'uses', 'maxRedemptions', 'redeemed', 'budgets'])
      expect(list.text).not.toContain(word);
  });

  it('is empty for a stranger of the brand and closed for its own list', async () => {
    const stranger = await quickPerson(test);
    expectRefusal(await test.call('GET', `coupons/${tenantId}`, { token: stranger.token }), 404);
  });
});
