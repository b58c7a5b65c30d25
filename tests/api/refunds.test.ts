import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { isReplay, newKey } from '../support/idempotent.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import { makeKey } from '../support/keys.ts';
import {
  begin,
  buy,
  cancel,
  connectWebhooks,
  openShop,
  order,
  ownedBy,
  readPayment,
  refund,
  type Shop,
  secondInstance,
  stockOf,
  told,
} from '../support/payments.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);
const { stripe } = test.sandbox;
let shop: Shop;
let admin: string;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test, { stock: 1000 });
  admin = shop.owner.token;
});

afterAll(async () => {
  await told(test);
  await checkInvariants(sql, { stock: { [shop.productId]: 1000 } });
  await checkProcessor(sql, stripe);
});

const read = (id: string) => readPayment(test, shop, id);
const refundsOf = (id: string) =>
  sql`select id, status, amount::int, card_refund_id from refunds where payment_id = ${id} order by created_at, id`;
const eventsOf = async (id: string) =>
  (await sql`select type, sequence::int from events where object_id = ${id} order by position`).map(
    ({ type, sequence }) => `${sequence} ${type}`,
  );
const auditOf = (id: string) =>
  sql`select action, actor_type, actor_id, after from audit_entries where target_id = ${id} order by created_at, id`;
/** What the processor has given back of the payment. */
async function givenBack(id: string) {
  const [row] = await sql`select intent_id from payments where id = ${id}`;
  const { data } = await stripe.refunds.list({ payment_intent: row?.['intent_id'], limit: 100 });
  return data.map(({ amount }) => amount).sort((a, b) => a - b);
}

describe('an admin gives money back', () => {
  it('all of it: what was bought is taken back', async () => {
    const [stock, owned] = [await stockOf(test, shop), await ownedBy(test, shop)];
    const { id, trackingId } = await buy(test, shop, { quantity: 2 });
    const answer = await refund(test, id, { token: admin, reason: 'Both bags were torn' });
    expect(answer.status, answer.text).toBe(201);
    const made = { paymentId: id, tenantId: shop.tenantId, amount: 3000, currency: 'EUR', status: 'succeeded' };
    expect(answer.body.data.refund).toMatchObject({ ...made, reason: 'Both bags were torn', failureReason: null });
    await told(test);
    const paid = await read(id);
    expect(paid).toMatchObject({ status: 'succeeded', refundStatus: 'full', refundedAmount: 3000 });
    expect([await stockOf(test, shop), await ownedBy(test, shop)]).toEqual([stock, owned]);
    expect(await givenBack(id)).toEqual([3000]);
    expect(await eventsOf(id)).toEqual(['1 payment.succeeded', '2 payment.refunded']);
    const [event] = await sql`select data from events where object_id = ${id} and type = 'payment.refunded'`;
    expect(event?.['data']).toEqual(paid);
    expect((await call('GET', `payments/status/${trackingId}`)).body.data.refundStatus).toBe('full');
    const { id: refundId } = answer.body.data.refund;
    expect(await auditOf(refundId)).toMatchObject([
      {
        action: 'refund.created',
        actor_type: 'user',
        actor_id: shop.owner.userId,
        after: { paymentId: id, amount: 3000 },
      },
    ]);
    const processors = (await stripe.refunds.list({ limit: 1 })).data[0];
    expect(processors?.metadata).toEqual({ tenantId: shop.tenantId, refundId });
  });

  it('a part, and another, and what is left: only then it is taken back', async () => {
    const { id } = await buy(test, shop);
    const [stock, owned] = [await stockOf(test, shop), await ownedBy(test, shop)];
    const steps = [
      { amount: 1, status: 'partial', refunded: 1 },
      { amount: 999, status: 'partial', refunded: 1000 },
      { status: 'full', refunded: 1500 },
    ];
    for (const { amount, status, refunded } of steps) {
      expect([await stockOf(test, shop), await ownedBy(test, shop)]).toEqual([stock, owned]);
      expect((await refund(test, id, { token: admin, ...(amount && { amount }) })).status).toBe(201);
      expect(await read(id)).toMatchObject({ refundStatus: status, refundedAmount: refunded });
    }
    expect([await stockOf(test, shop), await ownedBy(test, shop)]).toEqual([stock + 1, owned - 1]);
    expect(await givenBack(id)).toEqual([1, 500, 999]);
    expect(await eventsOf(id)).toHaveLength(4);
  });

  it('never more than what is left', async () => {
    const { id } = await buy(test, shop);
    const tooMuch = await refund(test, id, { token: admin, amount: 1501 });
    expectRefusal(tooMuch, 409, 'REFUND_EXCEEDS_PAYMENT');
    expect(tooMuch.body.error.details).toEqual({ left: 1500 });
    await refund(test, id, { token: admin, amount: 1400 });
    expect((await refund(test, id, { token: admin, amount: 101 })).body.error.details).toEqual({ left: 100 });
    expect((await refund(test, id, { token: admin })).body.data.refund.amount).toBe(100);
    for (const amount of [undefined, 1]) {
      const answer = await refund(test, id, { token: admin, ...(amount && { amount }) });
      expectRefusal(answer, 409, 'REFUND_EXCEEDS_PAYMENT');
      expect(answer.body.error.details).toEqual({ left: 0 });
    }
    expect(await givenBack(id)).toEqual([100, 1400]);
  });

  it.each([-1, 0, 0.1, 1e21, 2 ** 53, '10', null, Number.NaN, 100_000_000])('not %s', async (amount) => {
    const { id } = await buy(test, shop);
    const answer = await call('POST', `payments/refund/${id}`, { token: admin, body: { amount } });
    expectRefusal(answer, 400, 'VALIDATION_ERROR');
    expect(answer.body.error.errors[0]).toMatchObject({ location: 'body', field: 'amount' });
    expect((await read(id)).refundStatus).toBe('none');
  });

  it('without a body at all', async () => {
    const { id } = await buy(test, shop);
    const answer = await call('POST', `payments/refund/${id}`, { token: admin });
    expect([answer.status, answer.body.data.refund.amount]).toEqual([201, 1500]);
  });

  it('in yen and dinars as in euros', async () => {
    for (const [price, part] of [
      [{ amount: 700, currency: 'JPY' }, 1],
      [{ amount: 5120, currency: 'KWD' }, 1000],
      [{ amount: 900, currency: 'ISK' }, 7],
    ] as const) {
      const { id } = await buy(test, shop, { productId: (await shop.sell({ price })).id });
      await refund(test, id, { token: admin, amount: part });
      const { refund: rest } = (await refund(test, id, { token: admin })).body.data;
      expect(rest).toMatchObject({ amount: price.amount - part, currency: price.currency, status: 'succeeded' });
      expect(await read(id)).toMatchObject({ refundStatus: 'full', refundedAmount: price.amount });
    }
  });

  it('only of what was paid', async () => {
    const open = await begin(test, shop);
    expectRefusal(await refund(test, open.id, { token: admin }), 409, 'PAYMENT_NOT_REFUNDABLE');
    await cancel(test, open.id, shop.buyer.token);
    expectRefusal(await refund(test, open.id, { token: admin, amount: 1 }), 409, 'PAYMENT_NOT_REFUNDABLE');
    const free = await shop.sell({ price: { amount: 0, currency: 'EUR' } });
    const { payment } = (await order(test, shop, { productId: free.id })).body.data;
    expectRefusal(await refund(test, payment.id, { token: admin, amount: 1 }), 409, 'REFUND_EXCEEDS_PAYMENT');
    expect((await read(payment.id)).refundStatus).toBe('none');
  });
});

describe('at once', () => {
  it('20 refunds stay within what is left, on two instances (case 9)', async () => {
    const { id } = await buy(test, shop);
    const second = await secondInstance(test);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => refund(index % 2 ? test : second, id, { token: admin, amount: 400 })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, 409, 'REFUND_EXCEEDS_PAYMENT');
    }
    await told(test);
    expect(await read(id)).toMatchObject({ refundedAmount: 1200, refundStatus: 'partial' });
    expect(await givenBack(id)).toEqual([400, 400, 400]);
  });

  it('20 full refunds are one, which takes back once', async () => {
    const { id } = await buy(test, shop, { quantity: 3 });
    const stock = await stockOf(test, shop);
    const answers = await Promise.all(Array.from({ length: 20 }, () => refund(test, id, { token: admin })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    await told(test);
    expect(await stockOf(test, shop)).toBe(stock + 3);
    expect(await givenBack(id)).toEqual([4500]);
  });

  it('under one key are one refund; two keys are two, though they are equal', async () => {
    const { id } = await buy(test, shop);
    const keys = [newKey(), newKey()];
    const answers = await Promise.all(
      keys.flatMap((key) => Array.from({ length: 20 }, () => refund(test, id, { token: admin, amount: 500, key }))),
    );
    const made = answers.filter(({ status }) => status === 201);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, 409, 'IDEMPOTENCY_IN_PROGRESS');
    }
    expect(new Set(made.map(({ body }) => body.data.refund.id)).size).toBe(2);
    expect(await refundsOf(id)).toMatchObject([
      { amount: 500, status: 'succeeded' },
      { amount: 500, status: 'succeeded' },
    ]);
    for (const key of keys) {
      const again = await refund(test, id, { token: admin, amount: 500, key });
      expect([again.status, isReplay(again)]).toEqual([201, true]);
      expectRefusal(await refund(test, id, { token: admin, amount: 501, key }), 422, 'IDEMPOTENCY_KEY_REUSED');
    }
    expect(await givenBack(id)).toEqual([500, 500]);
  });
});

describe('who may', () => {
  it('is an admin or a key that writes; staff may not, strangers find nothing', async () => {
    const { id } = await buy(test, shop);
    const admins = await quickMember(test, shop.tenantId, 'admin');
    const key = await makeKey(test, shop);
    for (const { token } of [admins, { token: key.key }]) {
      expect((await refund(test, id, { token, amount: 100 })).status).toBe(201);
    }
    const byKey = (await refundsOf(id))[1];
    const byKeyAudit = { action: 'refund.created', actor_type: 'apiKey', actor_id: key.id };
    expect(await auditOf(byKey?.['id'])).toMatchObject([byKeyAudit]);
    const staff = await quickMember(test, shop.tenantId, 'staff');
    const reader = await makeKey(test, shop, { scopes: ['read'] });
    expectRefusal(await refund(test, id, { token: staff.token, amount: 1 }), 403, 'FORBIDDEN');
    expectRefusal(await refund(test, id, { token: staff.token, query: '?dryRun=true' }), 403, 'FORBIDDEN');
    expectRefusal(await refund(test, id, { token: reader.key, amount: 1 }), 403, 'INSUFFICIENT_SCOPE');
    const other = await openShop(test);
    for (const token of [(await quickPerson(test)).token, other.owner.token, (await makeKey(test, other)).key]) {
      const foreign = await refund(test, id, { token, amount: 1 });
      expectRefusal(foreign, 404, 'NOT_FOUND');
      expect(comparable(foreign)).toEqual(comparable(await refund(test, newId(), { token, amount: 1 })));
    }
    expectRefusal(await call('POST', `payments/refund/${id}`, { body: {} }), 401);
    expect((await read(id)).refundedAmount).toBe(200);
  });
});

describe('a dry run', () => {
  it('lists what a full refund takes back, and changes nothing', async () => {
    const second = await shop.sell();
    const items = [
      { productId: shop.productId, quantity: 2 },
      { productId: second.id, quantity: 1 },
    ];
    const { id } = await buy(test, shop, { items });
    const ofBrand = async () => JSON.stringify(await openRowsOf());
    const before = await ofBrand();
    const answer = await refund(test, id, { token: admin, query: '?dryRun=true' });
    expect(answer.status, answer.text).toBe(200);
    const { effects, ...preview } = answer.body.data;
    expect(preview).toEqual({ dryRun: true, amount: 4500, currency: 'EUR', isFull: true });
    expect(effects).toHaveLength(3);
    expect(effects).toEqual(
      expect.arrayContaining([
        { kind: 'stock', targetId: shop.productId, quantity: 2 },
        { kind: 'product', targetId: shop.productId, quantity: 2 },
        { kind: 'product', targetId: second.id, quantity: 1 },
      ]),
    );
    const part = await refund(test, id, { token: shop.buyer.token, amount: 4499, query: '?dryRun=true' });
    expect(part.body.data).toEqual({ dryRun: true, amount: 4499, currency: 'EUR', isFull: false, effects: [] });
    expectRefusal(await refund(test, id, { token: admin, amount: 4501, query: '?dryRun=true' }), 409);
    expect(await ofBrand()).toBe(before);
    expect(await givenBack(id)).toEqual([]);
    const real = await refund(test, id, { token: admin, query: '?dryRun=false' });
    expect([real.status, real.body.data.refund.amount]).toEqual([201, 4500]);
    expectRefusal(await refund(test, id, { token: admin, query: '?dryRun=maybe' }), 400, 'VALIDATION_ERROR');
  });

  const openRowsOf = async () => [
    await sql`select * from payments where tenant_id = ${shop.tenantId} order by id`,
    await sql`select * from refunds where tenant_id = ${shop.tenantId} order by id`,
    await sql`select * from effects where tenant_id = ${shop.tenantId} order by id`,
    await sql`select id from events where tenant_id = ${shop.tenantId} order by id`,
    await sql`select id from audit_entries where tenant_id = ${shop.tenantId} order by id`,
    await sql`select id, stock from products where tenant_id = ${shop.tenantId} order by id`,
  ];
});
