import { beforeAll, describe, expect, it } from 'vitest';
import { CARDS, confirm, connectWebhooks, openShop, order, type Shop, told } from '../support/payments.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
let shop: Shop;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test, { stock: 10 });
});

const read = async (id: string) => (await test.call('GET', `payments/${id}`, { token: shop.buyer.token })).body.data;

describe('a card payment', () => {
  it('succeeds with the webhook, and the buyer owns what they bought', async () => {
    const created = await order(test, shop, { quantity: 2 });
    expect(created.status, created.text).toBe(201);
    const { payment, card } = created.body.data;
    expect(payment).toMatchObject({ status: 'pending', amount: 3000, subtotal: 3000, discount: 0, currency: 'EUR' });
    expect((await confirm(test, card.clientSecret)).body.status).toBe('succeeded');
    await told(test);
    expect(await read(payment.id)).toMatchObject({ status: 'succeeded', refundStatus: 'none' });
    const owned = await test.call('GET', `tenants/${shop.tenantId}/user/products`, { token: shop.buyer.token });
    expect(owned.body.data).toMatchObject([{ quantity: 2, source: 'payment', sourceId: payment.id }]);
    const status = await test.call('GET', `payments/status/${payment.trackingId}`);
    expect(status.body.data).toMatchObject({ status: 'succeeded', amount: 3000 });
  });

  it('says failed after a declined card, and takes another', async () => {
    const { payment, card } = (await order(test, shop)).body.data;
    await confirm(test, card.clientSecret, CARDS.declined);
    await told(test);
    expect(await read(payment.id)).toMatchObject({ status: 'failed', failure: { code: 'generic_decline' } });
    await confirm(test, card.clientSecret);
    await told(test);
    expect(await read(payment.id)).toMatchObject({ status: 'succeeded', failure: null });
  });
});
