import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { newKey } from '../support/idempotent.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import {
  begin,
  buy,
  CARDS,
  cancel,
  confirm,
  connectWebhooks,
  openShop,
  order,
  readPayment,
  refund,
  type Shop,
  secondInstance,
  stockOf,
  sweepIn,
  told,
} from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);
/** What there was of each product at first. */
const initial: Record<string, number> = {};

beforeAll(() => connectWebhooks(test));

afterAll(async () => {
  await told(test);
  await checkInvariants(sql, { stock: initial });
  await checkProcessor(sql, test.sandbox.stripe);
});

async function open(stock: number): Promise<Shop> {
  const shop = await openShop(test, { stock });
  initial[shop.productId] = stock;
  return shop;
}

async function sell(shop: Shop, stock: number): Promise<string> {
  const { id } = await shop.sell({ stock });
  initial[id] = stock;
  return id;
}

const people = (count: number) => Promise.all(Array.from({ length: count }, () => quickPerson(test, 'buyer')));

describe('the last ones in stock (case 6)', () => {
  it('go to exactly as many of 50 buyers as there are, on two instances', async () => {
    const shop = await open(7);
    const second = await secondInstance(test);
    const buyers = await people(50);
    const answers = await Promise.all(
      buyers.map(({ token }, index) => order(index % 2 ? test : second, shop, { token })),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(7);
    expect(new Set(made.map(({ body }) => body.data.payment.userId)).size).toBe(7);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, 409, 'OUT_OF_STOCK');
      expect(answer.body.error.details).toEqual({ products: [{ productId: shop.productId, quantity: 1 }] });
    }
    expect(await stockOf(test, shop)).toBe(0);
    const [row] = await sql`select count(*)::int as count from payments where tenant_id = ${shop.tenantId}`;
    expect(row?.['count']).toBe(7);
  });

  it('go to whole orders: 50 buyers of two each leave the odd one', async () => {
    const shop = await open(7);
    const buyers = await people(50);
    const answers = await Promise.all(buyers.map(({ token }) => order(test, shop, { token, quantity: 2 })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(await stockOf(test, shop)).toBe(1);
    expectRefusal(await order(test, shop, { quantity: 2 }), 409, 'OUT_OF_STOCK');
    await begin(test, shop);
    expect(await stockOf(test, shop)).toBe(0);
  });

  it('of several products go to orders in any order of naming, without a deadlock', async () => {
    const shop = await open(30);
    const others = [await sell(shop, 30), await sell(shop, 12)];
    const items = [shop.productId, ...others].map((productId) => ({ productId, quantity: 1 }));
    const orders = Array.from({ length: 40 }, (_, index) => (index % 2 ? items : [...items].reverse()));
    const buyers = await people(40);
    const answers = await Promise.all(
      orders.map((asked, index) => order(test, shop, { items: asked, token: buyers[index]?.token ?? '' })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(12);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(28);
    expect(await stockOf(test, shop)).toBe(18);
  });

  it('are not taken of one product when another is out', async () => {
    const shop = await open(5);
    const scarce = await sell(shop, 1);
    const items = [
      { productId: shop.productId, quantity: 2 },
      { productId: scarce, quantity: 2 },
    ];
    const answer = await order(test, shop, { items });
    expectRefusal(answer, 409, 'OUT_OF_STOCK');
    expect(answer.body.error.details).toEqual({ products: [{ productId: scarce, quantity: 2 }] });
    expect([await stockOf(test, shop), await stockOf(test, shop, scarce)]).toEqual([5, 1]);
  });

  it('are taken once for 20 requests under one key', async () => {
    const shop = await open(3);
    const key = newKey();
    await Promise.all(Array.from({ length: 20 }, () => order(test, shop, { key })));
    expect(await stockOf(test, shop)).toBe(2);
  });

  it('are not more for what is named twice', async () => {
    const shop = await open(3);
    const items = [2, 2].map((quantity) => ({ productId: shop.productId, quantity }));
    expectRefusal(await order(test, shop, { items }), 409, 'OUT_OF_STOCK');
    expect(await stockOf(test, shop)).toBe(3);
  });
});

describe('what is held in stock', () => {
  it('is news of the product when it goes and when it comes back', async () => {
    const shop = await open(5);
    const { payment } = await begin(test, shop, { quantity: 2 });
    await cancel(test, payment.id, shop.buyer.token);
    const feed = await call('GET', 'events?type=product.*', {
      token: shop.owner.token,
      headers: { 'x-tenant-id': shop.tenantId },
    });
    const told = feed.body.data.map(({ type, sequence, data }: any) => [type, sequence, data.stock]);
    expect(told).toEqual([
      ['product.created', 1, 5],
      ['product.updated', 2, 3],
      ['product.updated', 3, 5],
    ]);
    const path = `tenants/${shop.tenantId}/products/${shop.productId}`;
    expect(feed.body.data.at(-1).data).toEqual((await call('GET', path)).body.data);
  });

  it('is not counted where the brand does not count', async () => {
    const shop = await openShop(test);
    await begin(test, shop, { quantity: 10_000 });
    expect(await stockOf(test, shop)).toBeNull();
  });

  it('comes back when the payment is canceled, once', async () => {
    const shop = await open(9);
    const { id } = await begin(test, shop, { quantity: 4 });
    expect(await stockOf(test, shop)).toBe(5);
    const answers = await Promise.all(Array.from({ length: 5 }, () => cancel(test, id, shop.buyer.token)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await stockOf(test, shop)).toBe(9);
  });

  it('comes back when nobody pays in time, and not before', async () => {
    const shop = await open(4);
    const { id } = await begin(test, shop, { quantity: 3 });
    await sweepIn(test, 29);
    expect(await stockOf(test, shop)).toBe(1);
    await sweepIn(test, 31);
    expect(await stockOf(test, shop)).toBe(4);
    expect(await readPayment(test, shop, id)).toMatchObject({ status: 'expired' });
  });

  it('comes back when the card was declined and no other came', async () => {
    const shop = await open(4);
    const { id, clientSecret } = await begin(test, shop, { quantity: 3 });
    await confirm(test, clientSecret, CARDS.declined);
    await told(test);
    expect(await stockOf(test, shop)).toBe(1);
    await sweepIn(test, 31);
    await told(test);
    expect(await stockOf(test, shop)).toBe(4);
    expect(await readPayment(test, shop, id)).toMatchObject({ status: 'failed', failure: { code: 'generic_decline' } });
  });

  it('stays taken when it was paid, whatever time goes by', async () => {
    const shop = await open(4);
    await buy(test, shop, { quantity: 3 });
    await sweepIn(test, 40);
    expect(await stockOf(test, shop)).toBe(1);
  });

  it('comes back with a full refund, and not with a part of it', async () => {
    const shop = await open(4);
    const { id } = await buy(test, shop, { quantity: 3 });
    await refund(test, id, { token: shop.owner.token, amount: 4000 });
    await told(test);
    expect(await stockOf(test, shop)).toBe(1);
    await refund(test, id, { token: shop.owner.token });
    await told(test);
    expect(await stockOf(test, shop)).toBe(4);
  });

  it('goes to the next buyer as soon as it is back', async () => {
    const shop = await open(1);
    const { id } = await begin(test, shop);
    const next = await quickPerson(test);
    expectRefusal(await order(test, shop, { token: next.token }), 409, 'OUT_OF_STOCK');
    await cancel(test, id, shop.buyer.token);
    await begin(test, shop, { token: next.token });
    expect(await stockOf(test, shop)).toBe(0);
  });

  it('comes back to a product that is archived, and to none whose stock is not counted any more', async () => {
    const shop = await open(5);
    const uncounted = (await shop.sell({ stock: 5 })).id;
    const items = [shop.productId, uncounted].map((productId) => ({ productId, quantity: 2 }));
    const { id } = await begin(test, shop, { items });
    const save = async (body: object) => {
      const headers = { 'x-tenant-id': shop.tenantId };
      const common = { name: 'Beans', price: { amount: 1500, currency: 'EUR' } };
      const saved = await call('POST', 'tenants/brand/products', {
        token: shop.owner.token,
        headers,
        body: { ...common, ...body },
      });
      expect(saved.status, saved.text).toBe(200);
    };
    await save({ id: shop.productId, status: 'archived' });
    await save({ id: uncounted, stock: null });
    expect((await cancel(test, id, shop.buyer.token)).status).toBe(200);
    expect([await stockOf(test, shop), await stockOf(test, shop, uncounted)]).toEqual([5, null]);
  });

  it('adds up after 60 orders that are paid, canceled, declined and refunded at once', async () => {
    const shop = await open(25);
    const buyers = await people(60);
    await Promise.all(
      buyers.map(async ({ token }, index) => {
        const answer = await order(test, shop, { token, quantity: 1 + (index % 3) });
        if (answer.status !== 201) return expectRefusal(answer, 409, 'OUT_OF_STOCK');
        const { payment, card } = answer.body.data;
        const course = index % 4;
        if (course === 0) await confirm(test, card.clientSecret);
        if (course === 1) await Promise.all([confirm(test, card.clientSecret), cancel(test, payment.id, token)]);
        if (course === 2) await confirm(test, card.clientSecret, CARDS.declined);
        if (course === 3) await cancel(test, payment.id, token);
      }),
    );
    await told(test);
    const paid = await sql`select id from payments where tenant_id = ${shop.tenantId} and status = 'succeeded'`;
    expect(paid.length).toBeGreaterThan(0);
    await Promise.all(paid.slice(0, 3).map(({ id }) => refund(test, id, { token: shop.owner.token })));
    await sweepIn(test, 31);
    await told(test);
    // What is left open is none, so that what is gone was bought.
    const [bought] = await sql`
      select coalesce(sum(quantity), 0)::int as sum from owned_products
      where tenant_id = ${shop.tenantId} and taken_back_at is null`;
    expect((await stockOf(test, shop)) + bought?.['sum']).toBe(25);
  });

  it('of another brand with the same product id is another', async () => {
    const [one, two] = [await open(3), await open(3)];
    const id = newId();
    const sellAs = async ({ owner, tenantId }: Shop) => {
      const body = { id, name: 'Twin', price: { amount: 100, currency: 'EUR' }, status: 'active', stock: 3 };
      const headers = { 'x-tenant-id': tenantId };
      const saved = await call('POST', 'tenants/brand/products', { token: owner.token, headers, body });
      expect(saved.status, saved.text).toBe(201);
    };
    await sellAs(one);
    await sellAs(two);
    const { id: paymentId } = await begin(test, one, { productId: id, quantity: 2 });
    expect([await stockOf(test, one, id), await stockOf(test, two, id)]).toEqual([1, 3]);
    await cancel(test, paymentId, one.buyer.token);
    expect([await stockOf(test, one, id), await stockOf(test, two, id)]).toEqual([3, 3]);
  });
});
