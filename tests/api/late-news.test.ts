import { beforeAll, describe, expect, it } from 'vitest';
import { checkEvents } from '#src/stripe-events/check-events.ts';
import { platformAdmin } from '../support/live-calls.ts';
import {
  begin,
  confirm,
  connectWebhooks,
  depsAt,
  eventOf,
  inMinutes,
  openShop,
  ownedBy,
  readPayment,
  type Shop,
  stockOf,
  tell,
  told,
} from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
let shop: Shop;

beforeAll(async () => {
  shop = await openShop(test, { stock: 10 });
});

const newest = async (type: string, intent: string) => {
  const { data } = await test.sandbox.stripe.events.list({ type, limit: 50 });
  const isMeant = ({ data: { object } }: (typeof data)[number]) => JSON.stringify(object).includes(intent);
  const found = data.find(isMeant);
  if (!found) throw new Error(`no ${type}`);
  return found;
};

describe('a refund that is told before its payment has succeeded', () => {
  it('waits for it: nothing is given that was paid back', async () => {
    const { payment, card } = await begin(test, shop);
    const before = await stockOf(test, shop);
    await confirm(test, card.clientSecret);
    await test.sandbox.stripe.refunds.create({ payment_intent: card.paymentIntentId });
    expect((await tell(test, await newest('refund.created', card.paymentIntentId))).status).toBe(200);
    expect((await readPayment(test, shop, payment.id)).status).toBe('pending');
    expect((await tell(test, await newest('payment_intent.succeeded', card.paymentIntentId))).status).toBe(200);
    expect(await ownedBy(test, shop)).toBe(1);
    await checkEvents(depsAt(test, inMinutes(2)));
    expect(await readPayment(test, shop, payment.id)).toMatchObject({ status: 'succeeded', refundStatus: 'full' });
    expect(await ownedBy(test, shop)).toBe(0);
    expect(await stockOf(test, shop)).toBe(before + 1);
  });

  it('is nothing of ours when no payment is heard of for hours', async () => {
    const refund = {
      id: 're_foreign',
      object: 'refund',
      status: 'succeeded',
      amount: 100,
      currency: 'eur',
      payment_intent: 'pi_foreign',
      metadata: {},
    };
    const event = eventOf('refund.created', refund);
    expect((await tell(test, event)).status).toBe(200);
    for (let minutes = 1; minutes < 5_000; minutes += 120) await checkEvents(depsAt(test, inMinutes(minutes)));
    const { token } = await platformAdmin(test);
    const listed = await test.call('GET', 'stripe/events?type=refund.created', { token });
    const found = listed.body.data.find(({ eventId }: { eventId: string }) => eventId === event.id);
    expect(found).toMatchObject({ status: 'ignored', attempts: 12 });
  });
});

describe('what cannot be stored as it is', () => {
  it('is kept without it', async () => {
    const intent = {
      id: 'pi_odd',
      object: 'payment_intent',
      status: 'processing',
      amount: 100,
      amount_received: 0,
      currency: 'eur',
      client_secret: 'pi_odd_secret',
      last_payment_error: null,
      metadata: { note: 'a\u0000b\ud800c' },
    };
    expect((await tell(test, eventOf('payment_intent.processing', intent))).status).toBe(200);
  });

  it('names cut in the middle of a character do not stop a payment', async () => {
    const items = [];
    for (const name of [`x${'😀'.repeat(99)}`, '😀'.repeat(100), '😀'.repeat(100)]) {
      items.push({ productId: (await shop.sell({ name })).id, quantity: 1 });
    }
    const { card } = await begin(test, shop, { items });
    expect(card.clientSecret).toMatch(/^pi_/);
  });
});

describe('a dry run that is misspelt', () => {
  it.each(['dry_run=true', 'dryrun=true', 'dryRun=yes'])('%s moves no money', async (query) => {
    const { payment, card } = await begin(test, shop);
    await confirm(test, card.clientSecret);
    await tell(test, await newest('payment_intent.succeeded', card.paymentIntentId));
    const answer = await test.call('POST', `payments/refund/${payment.id}?${query}`, { token: shop.owner.token });
    expect([answer.status, answer.body.error?.code]).toEqual([400, 'VALIDATION_ERROR']);
    expect((await readPayment(test, shop, payment.id)).refundStatus).toBe('none');
  });
});

describe('a tier that is bought for good', () => {
  const tier = async (code: string, interval: string) => {
    const price = { amount: 5000, currency: 'EUR', interval };
    const body = { name: code, code, rank: 10, price };
    const made = await test.call('POST', `memberships/tenant/${shop.tenantId}/tiers`, {
      token: shop.owner.token,
      body,
    });
    expect(made.status, made.text).toBe(201);
    return made.body.data.id as string;
  };

  it('is not sold twice, and comes back when a subscription beside it ends', async () => {
    await connectWebhooks(test);
    const [life, monthly] = [await tier('life', 'one_time'), await tier('monthly', 'month')];
    const { token } = await quickPerson(test, 'member');
    const subscribe = (tierId: string) =>
      test.call('POST', 'stripe/subscribe', { token, body: { tenantId: shop.tenantId, tierId } });
    const membership = async () =>
      (await test.call('GET', `tenants/${shop.tenantId}/membership/status`, { token })).body.data.membership;
    const bought = await subscribe(life);
    await confirm(test, bought.body.data.clientSecret);
    await told(test);
    expect(await membership()).toMatchObject({ tier: { code: 'life' }, expiresAt: null });
    expect((await subscribe(life)).body.error.code).toBe('ALREADY_JOINED');
    const subscribed = await subscribe(monthly);
    await confirm(test, subscribed.body.data.clientSecret);
    await told(test);
    expect(await membership()).toMatchObject({ tier: { code: 'monthly' } });
    const { subscriptionId } = subscribed.body.data;
    const body = { atPeriodEnd: false };
    expect((await test.call('POST', `stripe/subscriptions/${subscriptionId}/cancel`, { token, body })).status).toBe(
      200,
    );
    expect(await membership()).toMatchObject({ tier: { code: 'life' }, status: 'active', subscriptionId: null });
    const { paymentId } = bought.body.data;
    const refund = await test.call('POST', `payments/refund/${paymentId}`, { token: shop.owner.token });
    expect(refund.body.data.refund.status, refund.text).toBe('succeeded');
    expect(await membership()).toMatchObject({ status: 'canceled' });
  });
});
