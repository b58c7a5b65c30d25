import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyed, newKey } from '../support/idempotent.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import {
  authenticate,
  begin,
  CARDS,
  confirm,
  connectWebhooks,
  openShop,
  order,
  ownedBy,
  readPayment,
  type Shop,
  stockOf,
  told,
} from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
let shop: Shop;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test, { stock: 100 });
});

afterAll(async () => {
  await told(test);
  await checkInvariants(sql, { stock: { [shop.productId]: 100 } });
  await checkProcessor(sql, test.sandbox.stripe);
});

const read = (id: string) => readPayment(test, shop, id);
const eventsOf = async (id: string) => {
  const rows = await sql`select type, sequence::int, data from events where object_id = ${id} order by position`;
  return rows.map(({ type, sequence }) => `${sequence} ${type}`);
};
const attempt = async (clientSecret: string, card: string) => {
  const { status } = await confirm(test, clientSecret, card);
  await told(test);
  return status;
};

describe('a card payment', () => {
  it('succeeds with the webhook, and the buyer owns what they bought', async () => {
    const created = await order(test, shop, { quantity: 2, body: { metadata: { table: 7 } } });
    expect(created.status, created.text).toBe(201);
    const { payment, card } = created.body.data;
    expect(payment).toMatchObject({
      ...{ tenantId: shop.tenantId, userId: shop.buyer.userId, storeId: null, kind: 'purchase', method: 'card' },
      ...{ status: 'pending', refundStatus: 'none', provider: 'stripe', coupon: null, failure: null },
      ...{ subtotal: 3000, discount: 0, amount: 3000, refundedAmount: 0, currency: 'EUR', metadata: { table: 7 } },
      items: [{ productId: shop.productId, tierId: null, quantity: 2, unitAmount: 1500, amount: 3000 }],
      succeededAt: null,
    });
    expect(new Date(payment.expiresAt).getTime() - new Date(payment.createdAt).getTime()).toBe(1_800_000);
    expect(card.publishableKey).toBe('pk_test_sandbox_0123456789');
    expect((await confirm(test, card.clientSecret)).body.status).toBe('succeeded');
    await told(test);
    const paid = await read(payment.id);
    expect(paid).toMatchObject({ status: 'succeeded', refundStatus: 'none', succeededAt: expect.any(String) });
    const owned = await test.call('GET', `tenants/${shop.tenantId}/user/products`, { token: shop.buyer.token });
    expect(owned.body.data).toMatchObject([{ quantity: 2, source: 'payment', sourceId: payment.id }]);
    // One row of the outbox, with the payment as the API shows it.
    expect(await eventsOf(payment.id)).toEqual(['1 payment.succeeded']);
    const [event] = await sql`select data from events where object_id = ${payment.id}`;
    expect(event?.['data']).toEqual(paid);
  });

  it('tells the processor what it is for, and nobody else its secret', async () => {
    const { payment, card, id } = await begin(test, shop, { quantity: 3 });
    const intent = await test.sandbox.stripe.paymentIntents.retrieve(card.paymentIntentId);
    expect(intent).toMatchObject({ amount: 4500, currency: 'eur', description: '3 × Beans' });
    expect(intent.metadata).toEqual({ tenantId: shop.tenantId, paymentId: id });
    const customer = await test.sandbox.stripe.customers.retrieve(String(intent.customer));
    expect(customer).toMatchObject({ email: shop.buyer.email, metadata: { userId: shop.buyer.userId } });
    const { payment: second, card: other } = await begin(test, shop);
    expect((await test.sandbox.stripe.paymentIntents.retrieve(other.paymentIntentId)).customer).toBe(intent.customer);
    const path = `payments/${payment.id}`;
    for (const { text } of [
      await test.call('GET', path, { token: shop.owner.token }),
      await test.call('GET', path, { token: shop.buyer.token }),
      await test.call('GET', `payments/status/${second.trackingId}`),
    ]) {
      expect(text).not.toMatch(/pi_|_secret_|cus_|evt_/);
    }
  });

  it('says failed after a declined card, and takes another', async () => {
    const { id, clientSecret } = await begin(test, shop);
    expect(await attempt(clientSecret, CARDS.declined)).toBe(402);
    expect(await read(id)).toMatchObject({ status: 'failed', failure: { code: 'generic_decline' }, succeededAt: null });
    expect(await attempt(clientSecret, CARDS.visa)).toBe(200);
    expect(await read(id)).toMatchObject({ status: 'succeeded', failure: null });
    expect(await eventsOf(id)).toEqual(['1 payment.failed', '2 payment.succeeded']);
  });

  it('says why the last card was declined, not the first', async () => {
    const { id, clientSecret } = await begin(test, shop);
    for (const card of [CARDS.declined, CARDS.noFunds, CARDS.noFunds]) await attempt(clientSecret, card);
    expect(await read(id)).toMatchObject({ status: 'failed', failure: { code: 'insufficient_funds' } });
    await attempt(clientSecret, CARDS.visa);
    expect(await read(id)).toMatchObject({ status: 'succeeded', failure: null });
  });

  it('keeps what it holds in stock while another card may come', async () => {
    const before = await stockOf(test, shop);
    const { clientSecret } = await begin(test, shop, { quantity: 4 });
    await attempt(clientSecret, CARDS.declined);
    expect(await stockOf(test, shop)).toBe(before - 4);
  });
});

describe('a card that wants authentication', () => {
  it('is requires_action until its holder agrees', async () => {
    const { id, clientSecret } = await begin(test, shop);
    const answer = await confirm(test, clientSecret, CARDS.authentication);
    expect(answer.body).toMatchObject({ status: 'requires_action', next_action: { type: 'redirect_to_url' } });
    await told(test);
    expect(await read(id)).toMatchObject({ status: 'requires_action', failure: null });
    await authenticate(test, clientSecret);
    await told(test);
    expect(await read(id)).toMatchObject({ status: 'succeeded' });
    expect(await eventsOf(id)).toEqual(['1 payment.succeeded']);
  });

  it('is declined when they do not, and may be tried again', async () => {
    const { id, clientSecret } = await begin(test, shop);
    await attempt(clientSecret, CARDS.authentication);
    await authenticate(test, clientSecret, 'fail');
    await told(test);
    expect(await read(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'payment_intent_authentication_failure' },
    });
    await attempt(clientSecret, CARDS.authentication);
    expect(await read(id)).toMatchObject({ status: 'requires_action' });
    await authenticate(test, clientSecret);
    await told(test);
    expect(await read(id)).toMatchObject({ status: 'succeeded', failure: null });
  });
});

describe('a debit that takes days', () => {
  it('is processing, and then paid', async () => {
    const { id, clientSecret } = await begin(test, shop);
    await attempt(clientSecret, CARDS.bank);
    expect(await read(id)).toMatchObject({ status: 'processing', succeededAt: null });
    expect(await ownedBy(test, shop)).toBe(await paidQuantity());
    test.sandbox.control.advance(200);
    await told(test);
    expect(await read(id)).toMatchObject({ status: 'succeeded' });
  });

  it('may be refused by the bank', async () => {
    const { id, clientSecret } = await begin(test, shop);
    await attempt(clientSecret, 'pm_usBankAccount_insufficientFunds');
    expect(await read(id)).toMatchObject({ status: 'processing' });
    test.sandbox.control.advance(200);
    await told(test);
    expect(await read(id)).toMatchObject({ status: 'failed', failure: { code: 'insufficient_funds' } });
  });

  const paidQuantity = async () => {
    const rows = await sql`
      select coalesce(sum((i ->> 'quantity')::int), 0)::int as sum from payments p cross join jsonb_array_elements(p.items) i
      where p.status = 'succeeded' and p.tenant_id = ${shop.tenantId}`;
    return rows[0]?.['sum'];
  };
});

describe('a total of 0', () => {
  it('succeeds at once, without a processor', async () => {
    const { id: productId } = await shop.sell({ name: 'Sample', price: { amount: 0, currency: 'EUR' }, stock: 5 });
    const since = test.sandbox.control.deliveries().length;
    const created = await order(test, shop, { productId, quantity: 2 });
    expect(created.status, created.text).toBe(201);
    expect(created.body.data.card).toBeUndefined();
    const { payment } = created.body.data;
    const zero = { status: 'succeeded', provider: 'none', amount: 0, refundStatus: 'none' };
    expect(payment).toMatchObject({ ...zero, succeededAt: expect.any(String) });
    expect(test.sandbox.control.deliveries()).toHaveLength(since);
    expect(await stockOf(test, shop, productId)).toBe(3);
    expect(await eventsOf(payment.id)).toEqual(['1 payment.succeeded']);
    const owned = await test.call('GET', `tenants/${shop.tenantId}/user/products`, { token: shop.buyer.token });
    expect(owned.body.data[0]).toMatchObject({ product: { id: productId }, quantity: 2, sourceId: payment.id });
  });

  it('succeeds with the processor out of reach', async () => {
    const { id: productId } = await shop.sell({ name: 'Sample', price: { amount: 0, currency: 'JPY' } });
    // What is still told of payments before asks the processor too.
    await told(test);
    test.sandbox.control.failNext(500);
    expect((await order(test, shop, { productId })).status).toBe(201);
    // Nobody has called it: the fault was still to come.
    await expect(test.sandbox.stripe.customers.list()).rejects.toThrow();
  });

  it('has as an intent no secret', async () => {
    const { id: productId } = await shop.sell({ name: 'Sample', price: { amount: 0, currency: 'EUR' } });
    const body = { tenantId: shop.tenantId, items: [{ productId, quantity: 1 }] };
    const answer = await test.call('POST', 'stripe/intent', { token: shop.buyer.token, body });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body.data).toMatchObject({ clientSecret: null, paymentIntentId: null, amount: 0, currency: 'EUR' });
    expect((await read(answer.body.data.paymentId)).status).toBe('succeeded');
  });
});

describe('an intent', () => {
  it('is the same payment by another name', async () => {
    const body = { tenantId: shop.tenantId, items: [{ productId: shop.productId, quantity: 2 }] };
    const headers = keyed(newKey());
    const answer = await test.call('POST', 'stripe/intent', { token: shop.buyer.token, headers, body });
    expect(answer.status, answer.text).toBe(201);
    const { paymentId, clientSecret, trackingId, ...rest } = answer.body.data;
    expect(rest).toMatchObject({ amount: 3000, currency: 'EUR', publishableKey: 'pk_test_sandbox_0123456789' });
    await attempt(clientSecret, CARDS.visa);
    expect(await read(paymentId)).toMatchObject({ status: 'succeeded', trackingId, method: 'card' });
    const again = await test.call('POST', 'stripe/intent', { token: shop.buyer.token, headers, body });
    expect([again.status, again.headers['idempotent-replayed']]).toEqual([201, 'true']);
    expect(again.body.data.paymentId).toBe(paymentId);
  });

  it('is confirmed where the configuration says', async () => {
    const answer = await test.call('GET', 'stripe/config');
    const { url: apiBase } = test.sandbox;
    expect(answer.body.data).toEqual({ publishableKey: 'pk_test_sandbox_0123456789', apiBase, mode: 'sandbox' });
  });
});
