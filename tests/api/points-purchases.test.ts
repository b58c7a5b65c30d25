import { describe, expect, it } from 'vitest';
import { checkInvariants } from '../support/invariants.ts';
import {
  buyForPoints,
  type Holder,
  makeTier,
  move,
  newHolder,
  pointsBrand,
  pointsOf,
  sellForPoints,
} from '../support/points.ts';
import { quickPerson } from '../support/quick-people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const brand = await pointsBrand(test);
const { tenantId, owner } = brand;

async function rich(amount: number): Promise<Holder> {
  const holder = await newHolder(test, brand);
  await move(test, holder, { amount });
  return holder;
}
const refund = (purchaseId: string, token = owner.token) =>
  test.call('POST', `tenants/${tenantId}/points/purchases/${purchaseId}/refund`, { token });
const owned = async ({ token }: Holder) =>
  (await test.call('GET', `tenants/${tenantId}/user/products`, { token })).body.data;
const stockOf = async (productId: string) =>
  (await test.call('GET', `tenants/${tenantId}/products/${productId}`)).body.data.stock;

describe('a product for points', () => {
  it('is given at once for its points, with its stock, and shown as a grant', async () => {
    const [holder, productId] = [await rich(500), await sellForPoints(test, brand, { pointsPrice: 120, stock: 7 })];
    const bought = await buyForPoints(test, { ...holder, productId, quantity: 3 });
    expect(bought.status, bought.text).toBe(201);
    const { purchase, balance } = bought.body.data;
    expect(balance).toBe(140);
    expect(purchase).toMatchObject({ productId, quantity: 3, points: 360, status: 'completed', userId: holder.userId });
    expect(await owned(holder)).toMatchObject([{ quantity: 3, source: 'grant', sourceId: purchase.id }]);
    expect(await stockOf(productId)).toBe(4);
    const { ledger } = await pointsOf(test, holder);
    expect(ledger[0]).toMatchObject({ amount: -360, reason: 'purchase', cause: { type: 'purchase', id: purchase.id } });
    expect((await buyForPoints(test, { ...holder, productId })).body.data.purchase.quantity).toBe(1);
  });

  it('needs enough points, stock, a membership, and a price in points', async () => {
    const holder = await rich(100);
    const refusal = async (fields: object, who: { token: string } = holder, quantity = 1) => {
      const productId = await sellForPoints(test, brand, fields);
      const { status, body } = await buyForPoints(test, { tenantId, productId, token: who.token, quantity });
      return [status, body.error?.code, body.error?.details];
    };
    expect(await refusal({ pointsPrice: 101 })).toEqual([409, 'TOO_FEW_POINTS', { balance: 100 }]);
    expect(await refusal({ pointsPrice: 51 }, holder, 2)).toEqual([409, 'TOO_FEW_POINTS', { balance: 100 }]);
    expect((await refusal({ pointsPrice: 10, stock: 1 }, holder, 2)).slice(0, 2)).toEqual([409, 'OUT_OF_STOCK']);
    expect((await refusal({ pointsPrice: null })).slice(0, 2)).toEqual([409, 'NOT_FOR_POINTS']);
    expect((await refusal({ status: 'draft' })).slice(0, 2)).toEqual([404, 'NOT_FOUND']);
    expect((await refusal({ status: 'archived' })).slice(0, 2)).toEqual([404, 'NOT_FOUND']);
    expect((await refusal({}, await quickPerson(test))).slice(0, 2)).toEqual([409, 'NOT_JOINED']);
    const goldId = await makeTier(test, brand, { code: 'gold', rank: 5, pointsThreshold: 1_000_000 });
    expect((await refusal({ tierIds: [goldId] })).slice(0, 2)).toEqual([409, 'TIER_REQUIRED']);
    expect((await refusal({ tierIds: [brand.basicId] }))[0]).toBe(201);
    expect((await pointsOf(test, holder)).balance).toBe(0);
    for (const quantity of [0, -1, 1.5, 10_001, '1']) {
      expect((await refusal({}, holder, quantity as number))[0]).toBe(400);
    }
    for (const pointsPrice of [0, -1, 1.5, 1_000_000_001]) {
      const body = { name: 'Mug', price: { amount: 990, currency: 'EUR' }, pointsPrice };
      const headers = { 'x-tenant-id': tenantId };
      expect((await test.call('POST', 'tenants/brand/products', { token: owner.token, body, headers })).status).toBe(
        400,
      );
    }
  });

  it('is bought once under one Idempotency-Key', async () => {
    const [holder, productId] = [await rich(500), await sellForPoints(test, brand, { stock: 10 })];
    const headers = { 'idempotency-key': 'once' };
    const path = `tenants/${tenantId}/products/${productId}/points-purchase`;
    const answers = [];
    for (let time = 0; time < 2; time += 1) {
      answers.push(await test.call('POST', path, { token: holder.token, body: { quantity: 2 }, headers }));
    }
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    expect([(await pointsOf(test, holder)).balance, await stockOf(productId)]).toEqual([300, 8]);
  });

  it('is listed to its buyer and to the team', async () => {
    const [holder, productId] = [await rich(500), await sellForPoints(test, brand)];
    const made = [];
    for (let time = 0; time < 3; time += 1) {
      made.unshift((await buyForPoints(test, { ...holder, productId })).body.data.purchase.id);
    }
    const read = async (path: string, token: string) => {
      const { body } = await test.call('GET', `tenants/${tenantId}/${path}`, { token });
      return { ids: body.data.map(({ id }: { id: string }) => id), next: body.meta.nextCursor };
    };
    const first = await read('user/points-purchases?limit=2', holder.token);
    const rest = await read(`user/points-purchases?limit=2&cursor=${first.next}`, holder.token);
    expect([...first.ids, ...rest.ids]).toEqual(made);
    expect((await read('points/purchases?limit=3', owner.token)).ids).toEqual(made);
    expect((await read('user/points-purchases', (await rich(1)).token)).ids).toEqual([]);
    const refused = await test.call('GET', `tenants/${tenantId}/points/purchases`, { token: holder.token });
    expect(refused.status).toBe(404);
  });
});

describe('a refund', () => {
  it('gives the points back and takes the product, once, by an admin', async () => {
    const [holder, productId] = [await rich(300), await sellForPoints(test, brand, { stock: 3 })];
    const { purchase } = (await buyForPoints(test, { ...holder, productId, quantity: 3 })).body.data;
    expect((await refund(purchase.id, holder.token)).status).toBe(404);
    const answers = await Promise.all(Array.from({ length: 10 }, () => refund(purchase.id)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ body }) => body.error.code))).toEqual(new Set(['PURCHASE_REFUNDED']));
    expect(answers.find(({ status }) => status === 200)?.body.data).toMatchObject({
      purchase: { id: purchase.id, status: 'refunded' },
      balance: 300,
    });
    expect(await owned(holder)).toEqual([]);
    expect(await stockOf(productId)).toBe(3);
    const { balance, ledger } = await pointsOf(test, holder);
    expect([balance, ledger[0].reason, ledger[0].amount]).toEqual([300, 'purchase_refund', 300]);
    const log = await test.call('GET', `tenants/${tenantId}/audit?limit=100`, { token: owner.token });
    const told = log.body.data.filter(({ action }: { action: string }) => action === 'pointsPurchase.refunded');
    expect(told).toMatchObject([{ target: { id: purchase.id } }]);
  });

  it('does not make a tier by what was earned', async () => {
    const holder = await rich(100);
    const productId = await sellForPoints(test, brand);
    const { purchase } = (await buyForPoints(test, { ...holder, productId })).body.data;
    await refund(purchase.id);
    const [row] = await sql`select points_earned::int as earned from memberships where id = ${holder.membershipId}`;
    expect(row?.['earned']).toBe(100);
  });
});

describe('many at once', () => {
  it('50 buyers get the last 5 pieces', async () => {
    const productId = await sellForPoints(test, brand, { pointsPrice: 10, stock: 5 });
    const holders = await Promise.all(Array.from({ length: 50 }, () => rich(10)));
    const answers = await Promise.all(holders.map((holder) => buyForPoints(test, { ...holder, productId })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status !== 201).map(({ body }) => body.error.code);
    expect([refused.length, ...new Set(refused)]).toEqual([45, 'OUT_OF_STOCK']);
    const balances = await Promise.all(holders.map(async (holder) => (await pointsOf(test, holder)).balance));
    expect(balances.filter((balance) => balance === 0)).toHaveLength(5);
    expect(await stockOf(productId)).toBe(0);
    await checkInvariants(sql, { stock: { [productId]: 5 } });
  });

  it('one buyer of 50 calls spends the last points', async () => {
    const holder = await rich(75);
    const productIds: string[] = [];
    for (let n = 0; n < 5; n += 1) productIds.push(await sellForPoints(test, brand, { pointsPrice: 10, stock: 100 }));
    const calls = Array.from({ length: 50 }, (_, n) =>
      buyForPoints(test, { ...holder, productId: productIds[n % 5] ?? '' }),
    );
    const answers = await Promise.all(calls);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(7);
    const refused = answers.filter(({ status }) => status !== 201).map(({ body }) => body.error.code);
    expect([refused.length, ...new Set(refused)]).toEqual([43, 'TOO_FEW_POINTS']);
    expect((await pointsOf(test, holder)).balance).toBe(5);
    await checkInvariants(sql);
  });

  it('100 admins take never more than there is', async () => {
    const holder = await rich(100);
    const body = { userId: holder.userId, amount: -7, note: 'Taken' };
    const take = () => test.call('POST', `tenants/${tenantId}/points`, { token: owner.token, body });
    const answers = await Promise.all(Array.from({ length: 100 }, take));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(14);
    expect((await pointsOf(test, holder)).balance).toBe(2);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(new Set(refused.map(({ body: { error } }) => error.code))).toEqual(new Set(['TOO_FEW_POINTS']));
    await checkInvariants(sql);
  });
});
