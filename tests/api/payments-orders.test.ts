import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import { makeKey } from '../support/keys.ts';
import { begin, buy, connectWebhooks, type Order, openShop, order, type Shop, told } from '../support/payments.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);
let shop: Shop;
let other: Shop;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test);
  other = await openShop(test);
});

afterAll(async () => {
  await told(test);
  await checkInvariants(sql);
  await checkProcessor(sql, test.sandbox.stripe);
});

const priced = async (amount: number, currency = 'EUR') => (await shop.sell({ price: { amount, currency } })).id;
const count = async () => (await sql`select count(*)::int as count from payments`)[0]?.['count'];

/** Refused, and nothing is left of it. */
async function refused(input: Order, status: number, code?: string) {
  const before = await count();
  const answer = await order(test, shop, input);
  expectRefusal(answer, status, code);
  expect(await count()).toBe(before);
  return answer.body.error;
}

describe('amounts', () => {
  it('are the smallest that can be charged, and nothing below', async () => {
    const least = { EUR: 50, GBP: 30, JPY: 50, HUF: 17_500 };
    for (const [currency, minimum] of Object.entries(least)) {
      const tooSmall = await refused({ productId: await priced(minimum - 1, currency) }, 422, 'AMOUNT_TOO_SMALL');
      expect(tooSmall.details).toEqual({ minimum, currency });
      const paid = await buy(test, shop, { productId: await priced(minimum, currency) });
      expect(paid).toMatchObject({ amount: minimum, currency, status: 'succeeded' });
    }
  });

  it('below the minimum come together to one that can be charged', async () => {
    const productId = await priced(1);
    await refused({ productId, quantity: 49 }, 422, 'AMOUNT_TOO_SMALL');
    expect((await begin(test, shop, { productId, quantity: 50 })).payment.amount).toBe(50);
  });

  it('are whole in yen, and thousandths in dinars', async () => {
    const yen = await begin(test, shop, { productId: await priced(1200, 'JPY'), quantity: 3 });
    const dinars = await begin(test, shop, { productId: await priced(1990, 'KWD') });
    const krona = await begin(test, shop, { productId: await priced(1200, 'ISK') });
    const intent = async ({ card }: typeof yen) => {
      const { amount, currency } = await test.sandbox.stripe.paymentIntents.retrieve(card.paymentIntentId);
      return { amount, currency };
    };
    expect(await intent(yen)).toEqual({ amount: 3600, currency: 'jpy' });
    expect(await intent(dinars)).toEqual({ amount: 1990, currency: 'kwd' });
    // Two decimals at Stripe for historical reasons.
    expect(await intent(krona)).toEqual({ amount: 120_000, currency: 'isk' });
    expect([yen, dinars, krona].map(({ payment: { amount, currency } }) => `${amount} ${currency}`)).toEqual([
      '3600 JPY',
      '1990 KWD',
      '1200 ISK',
    ]);
    for (const productId of [await priced(700, 'JPY'), await priced(5120, 'KWD'), await priced(900, 'ISK')]) {
      expect(await buy(test, shop, { productId })).toMatchObject({ status: 'succeeded' });
    }
  });

  it('that the processor alone knows to be too small are refused by it, and close the payment', async () => {
    const productId = (await shop.sell({ price: { amount: 10, currency: 'KWD' }, stock: 3 })).id;
    const answer = await order(test, shop, { productId });
    expectRefusal(answer, 422, 'PAYMENT_REFUSED');
    expect(answer.body.error.details).toEqual({ code: 'amount_too_small' });
    const [row] =
      await sql`select status, failure_code, closed_at from payments order by created_at desc, id desc limit 1`;
    expect(row).toMatchObject({ status: 'failed', failure_code: 'amount_too_small', closed_at: expect.any(Date) });
    const [product] = await sql`select stock from products where id = ${productId}`;
    expect(product?.['stock']).toBe(3);
  });

  it('are at most what one charge can be', async () => {
    const productId = await priced(99_999_999);
    expect((await begin(test, shop, { productId })).payment.amount).toBe(99_999_999);
    await refused({ productId, quantity: 2 }, 422, 'AMOUNT_TOO_LARGE');
    await refused({ productId, quantity: 10_000 }, 422, 'AMOUNT_TOO_LARGE');
  });

  it('come from the brand alone, whatever the buyer says', async () => {
    const lies = { amount: 1, subtotal: 1, discount: 1499, currency: 'JPY', price: 1, status: 'succeeded' };
    const [userId, id] = [other.buyer.userId, newId()];
    const items = [{ productId: shop.productId, quantity: 1, unitAmount: 1, amount: 1, price: { amount: 1 } }];
    const { payment } = await begin(test, shop, { items, body: { ...lies, userId, id, refundedAmount: -5 } });
    expect(payment).toMatchObject({ amount: 1500, discount: 0, currency: 'EUR', status: 'pending', refundedAmount: 0 });
    expect(payment.userId).toBe(shop.buyer.userId);
    expect(payment.id).not.toBe(id);
  });

  it('are those of now, and stay those of then', async () => {
    const { id: productId } = await shop.sell({
      name: 'Old',
      sku: `s-${newId()}`,
      price: { amount: 900, currency: 'EUR' },
    });
    const { payment } = await begin(test, shop, { productId });
    const body = { id: productId, name: 'New', price: { amount: 100, currency: 'EUR' } };
    const headers = { 'x-tenant-id': shop.tenantId };
    expect((await call('POST', 'tenants/brand/products', { token: shop.owner.token, headers, body })).status).toBe(200);
    const again = await call('GET', `payments/${payment.id}`, { token: shop.buyer.token });
    expect(again.body.data).toMatchObject({ amount: 900, items: [{ name: 'Old', unitAmount: 900 }] });
    expect((await begin(test, shop, { productId })).payment).toMatchObject({ amount: 100, items: [{ name: 'New' }] });
  });
});

describe('items', () => {
  it('that name a product twice are one line', async () => {
    const second = await priced(10);
    const items = [
      { productId: shop.productId, quantity: 1 },
      { productId: second, quantity: 5 },
      { productId: shop.productId.toUpperCase(), quantity: 2 },
    ];
    const { payment } = await begin(test, shop, { items });
    expect(payment.items).toMatchObject([
      { productId: shop.productId, quantity: 3, amount: 4500 },
      { productId: second, quantity: 5, amount: 50 },
    ]);
    expect(payment.amount).toBe(4550);
  });

  it.each([-1, 0, 0.1, 1e21, 2 ** 53, '10', null, true, [1], 10_001, Number.NaN, Number.POSITIVE_INFINITY])(
    'of the quantity %s are none',
    async (quantity) => {
      const { errors } = await refused({ items: [{ productId: shop.productId, quantity }] }, 400, 'VALIDATION_ERROR');
      expect(errors[0]).toMatchObject({ location: 'body', field: 'items.0.quantity' });
    },
  );

  it.each(['1e400', '-1e400', 'NaN', '0x10', '1_000'])('of the raw quantity %s are none', async (quantity) => {
    const { tenantId, productId, buyer } = shop;
    const payload = `{"tenantId":"${tenantId}","items":[{"productId":"${productId}","quantity":${quantity}}]}`;
    const headers = { 'content-type': 'application/json' };
    expectRefusal(await call('POST', 'payments/create', { token: buyer.token, headers, payload }), 400);
  });

  it('are one at least, and fifty at most', async () => {
    expect((await refused({ items: [] }, 400, 'VALIDATION_ERROR')).errors[0].field).toBe('items');
    const many = (length: number) => Array.from({ length }, () => ({ productId: shop.productId, quantity: 1 }));
    expect((await begin(test, shop, { items: many(50) })).payment).toMatchObject({ amount: 75_000 });
    await refused({ items: many(51) }, 400, 'VALIDATION_ERROR');
  });

  it('have prices in one currency', async () => {
    const items = [shop.productId, await priced(100, 'USD')].map((productId) => ({ productId, quantity: 1 }));
    const { details } = await refused({ items }, 409, 'CURRENCY_MISMATCH');
    expect(details.currencies.sort()).toEqual(['EUR', 'USD']);
  });

  it('that are draft, archived, of another brand, or not there, are one answer', async () => {
    const hidden = [
      (await shop.sell({ status: 'draft' })).id,
      (await shop.sell({ status: 'archived' })).id,
      other.productId,
      newId(),
    ];
    const answers = [];
    for (const productId of hidden) {
      const answer = await order(test, shop, { productId });
      expectRefusal(answer, 409, 'PRODUCT_UNAVAILABLE');
      expect(answer.body.error.details).toEqual({ productIds: [productId] });
      answers.push(JSON.stringify(comparable(answer)).replaceAll(productId, 'id'));
    }
    expect(new Set(answers).size).toBe(1);
    const items = [...hidden, shop.productId].map((productId) => ({ productId, quantity: 1 }));
    expect((await refused({ items }, 409)).details.productIds).toEqual(hidden);
  });

  it('for certain tiers are for their members', async () => {
    const tier = async (code: string) => {
      const body = { name: code, code, rank: 1 };
      const made = await call('POST', `memberships/tenant/${shop.tenantId}/tiers`, { token: shop.owner.token, body });
      expect(made.status, made.text).toBe(201);
      return made.body.data.id as string;
    };
    const [gold, silver] = [await tier('gold'), await tier('silver')];
    const { id: productId } = await shop.sell({ tierIds: [gold] });
    const join = async (tierId: string) => {
      const { token } = await quickPerson(test);
      const joined = await call('POST', `tenants/${shop.tenantId}/membership/join`, { token, body: { tierId } });
      expect(joined.status, joined.text).toBe(201);
      return token;
    };
    const [member, elsewhere] = [await join(gold), await join(silver)];
    expect((await refused({ productId }, 409, 'TIER_REQUIRED')).details).toEqual({ productIds: [productId] });
    await refused({ productId, token: elsewhere }, 409, 'TIER_REQUIRED');
    await begin(test, shop, { productId, token: member });
    await call('POST', `tenants/${shop.tenantId}/membership/leave`, { token: member });
    await refused({ productId, token: member }, 409, 'TIER_REQUIRED');
  });
});

describe('an order', () => {
  it('names an open store of the brand, if any', async () => {
    const open = async ({ tenantId, owner }: Shop, body: object = {}) => {
      const made = await call('POST', `stores/tenant/${tenantId}`, {
        token: owner.token,
        body: { name: `S ${newId()}`, ...body },
      });
      expect(made.status, made.text).toBe(201);
      return made.body.data.id as string;
    };
    const storeId = await open(shop);
    expect((await begin(test, shop, { body: { storeId } })).payment.storeId).toBe(storeId);
    const closed = await open(shop, { active: false });
    for (const id of [closed, await open(other), newId()]) {
      await refused({ body: { storeId: id } }, 409, 'STORE_UNAVAILABLE');
    }
    await refused({ body: { storeId: 'main' } }, 400, 'VALIDATION_ERROR');
  });

  it('takes metadata of at most 4 KiB, and keeps it as it is', async () => {
    const fits = { text: 'x'.repeat(4096 - '{"text":""}'.length) };
    expect((await begin(test, shop, { body: { metadata: fits } })).payment.metadata).toEqual(fits);
    const odd = { 'Zürich ☕': [1, null, { deep: true }], empty: '' };
    expect((await begin(test, shop, { body: { metadata: odd } })).payment.metadata).toEqual(odd);
    for (const metadata of [{ text: `${fits.text}x` }, { text: 'é'.repeat(2045) }, { nul: 'a\u0000b' }, [1], 'x', 7]) {
      const { errors } = await refused({ body: { metadata } }, 400, 'VALIDATION_ERROR');
      expect(errors[0].field).toBe('metadata');
    }
  });

  it('is paid by card, with coupons that the brand has; crypto is to come', async () => {
    await refused({ body: { method: 'crypto' } }, 409, 'METHOD_UNAVAILABLE');
    await refused({ body: { method: 'cash' } }, 400, 'VALIDATION_ERROR');
    for (const coupon of [{ couponCode: 'SUMMER' }, { claimId: newId() }]) {
      const { details } = await refused({ body: coupon }, 409, 'COUPON_NOT_ELIGIBLE');
      expect(details).toEqual({ reasons: ['NOT_FOUND'], missing: {}, index: 0 });
    }
  });

  it('is for a person who is signed in', async () => {
    const { key } = await makeKey(test, shop);
    expectRefusal(await order(test, shop, { token: key }), 403, 'FORBIDDEN');
    const body = { tenantId: shop.tenantId, items: [{ productId: shop.productId, quantity: 1 }] };
    expectRefusal(await call('POST', 'payments/create', { body }), 401, 'UNAUTHORIZED');
    const staff = await quickMember(test, shop.tenantId, 'staff');
    expect((await begin(test, shop, { token: staff.token })).payment.userId).toBe(staff.userId);
  });

  it('at a brand that is suspended, or is not there, is one answer', async () => {
    const closed = await openShop(test);
    await begin(test, closed);
    await sql`update tenants set status = 'suspended' where id = ${closed.tenantId}`;
    const suspended = await order(test, closed);
    expectRefusal(suspended, 404, 'NOT_FOUND');
    const missing = await order(test, { ...closed, tenantId: newId() });
    expect(comparable(suspended)).toEqual(comparable(missing));
    await sql`update tenants set status = 'active' where id = ${closed.tenantId}`;
    await begin(test, closed);
  });

  it('is paid into the account of its brand, and stays there when that changes', async () => {
    const { id: accountId } = await test.sandbox.stripe.accounts.create();
    const branded = await openShop(test);
    const use = (stripeAccountId: string | null) =>
      sql`update tenants set stripe_account_id = ${stripeAccountId} where id = ${branded.tenantId}`;
    await use(accountId);
    const { id, card } = await begin(test, branded);
    const stripeAccount = { stripeAccount: accountId };
    const intent = await test.sandbox.stripe.paymentIntents.retrieve(card.paymentIntentId, {}, stripeAccount);
    expect(intent).toMatchObject({ amount: 1500, metadata: { paymentId: id } });
    await expect(test.sandbox.stripe.paymentIntents.retrieve(card.paymentIntentId)).rejects.toThrow();
    await use(null);
    const confirmed = await test.sandbox.stripe.paymentIntents.confirm(
      card.paymentIntentId,
      { payment_method: 'pm_card_visa', return_url: 'http://shop.example/' },
      stripeAccount,
    );
    expect(confirmed.status).toBe('succeeded');
    await told(test);
    const paid = await call('GET', `payments/${id}`, { token: branded.buyer.token });
    expect(paid.body.data.status).toBe('succeeded');
    await checkProcessor(sql, test.sandbox.stripe, accountId);
  });
});
