import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkEvents } from '#src/stripe-events/check-events.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import { holdLock, outsideSession } from '../support/outside-session.ts';
import {
  authenticate,
  begin,
  buy,
  CARDS,
  cancel,
  confirm,
  connectWebhooks,
  depsAt,
  eventOf,
  inMinutes,
  openShop,
  ownedBy,
  readPayment,
  type Shop,
  secondInstance,
  stockOf,
  tell,
  told,
} from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const sql = outsideSession(test.url);
const { stripe, control } = test.sandbox;
let shop: Shop;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test, { stock: 1000 });
});

afterAll(async () => {
  control.resume();
  await told(test);
  await checkInvariants(sql, { stock: { [shop.productId]: 1000 } });
  await checkProcessor(sql, stripe);
});

const statusOf = async (id: string) => (await readPayment(test, shop, id)).status;
const eventsOf = async (id: string) =>
  (await sql`select type from events where object_id = ${id} order by position`).map(({ type }) => type);
const kept = async (eventId: string) => (await sql`select * from stripe_events where event_id = ${eventId}`)[0];

/** All that the processor has to tell of an intent, the oldest first, as it would be delivered. */
async function tellable(intentId: string): Promise<object[]> {
  const events = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
  const about = ({ data }: (typeof events)[number]) => {
    const object = data.object as { id?: string; payment_intent?: string };
    return object.id === intentId || object.payment_intent === intentId;
  };
  return events.filter(about).reverse();
}

describe('one event 20 times at once (case 24)', () => {
  it.each([
    ['final', CARDS.visa, 'payment_intent.succeeded', 'succeeded'],
    ['passing', CARDS.declined, 'payment_intent.payment_failed', 'failed'],
    ['passing, of a step', CARDS.authentication, 'payment_intent.requires_action', 'requires_action'],
  ])('that is %s has one effect on two instances, and 20 answers of 200', async (_, card, type, status) => {
    control.pause();
    const second = await secondInstance(test);
    const buyer = await quickPerson(test);
    const { id, clientSecret, card: details } = await begin(test, shop, { token: buyer.token });
    await confirm(test, clientSecret, card);
    const event = eventOf(type, await stripe.paymentIntents.retrieve(details.paymentIntentId));
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => tell(index % 2 ? test : second, event)));
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect((await readPayment(test, { buyer }, id)).status).toBe(status);
    expect(await ownedBy(test, shop, buyer.token)).toBe(status === 'succeeded' ? 1 : 0);
    const announced = { succeeded: ['payment.succeeded'], failed: ['payment.failed'], requires_action: [] };
    expect(await eventsOf(id)).toEqual(announced[status as keyof typeof announced]);
    expect(await kept(event.id)).toMatchObject({ status: 'succeeded', attempts: 1 });
    const rows = await sql`select 1 from stripe_events where event_id = ${event.id}`;
    expect(rows).toHaveLength(1);
    await cancel(test, id, buyer.token);
  });

  it('of a refund gives its money back once', async () => {
    control.resume();
    const { id } = await buy(test, shop);
    control.pause();
    const [row] = await sql`select intent_id from payments where id = ${id}`;
    const refund = await stripe.refunds.create({ payment_intent: row?.['intent_id'], amount: 500 });
    const event = eventOf('refund.created', refund);
    const answers = await Promise.all(Array.from({ length: 20 }, () => tell(test, event)));
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    // Another event of the same refund is no other refund.
    await Promise.all(['refund.updated', 'refund.created'].map((type) => tell(test, eventOf(type, refund))));
    expect(await readPayment(test, shop, id)).toMatchObject({ refundedAmount: 500, refundStatus: 'partial' });
    expect(await eventsOf(id)).toEqual(['payment.succeeded', 'payment.refunded']);
    control.resume();
  });

  it('as the sandbox repeats them', async () => {
    control.resume();
    control.duplicate(50);
    const { id, clientSecret } = await begin(test, shop);
    await confirm(test, clientSecret, CARDS.declined);
    await confirm(test, clientSecret);
    await told(test);
    control.duplicate(0);
    expect(await eventsOf(id)).toEqual(expect.arrayContaining(['payment.succeeded']));
    expect((await eventsOf(id)).filter((type) => type === 'payment.succeeded')).toHaveLength(1);
    expect(await statusOf(id)).toBe('succeeded');
  });
});

describe('events out of order (case 25)', () => {
  /** What a payment has gone through, each told once. */
  async function course(): Promise<{ id: string; events: object[]; buyer: { token: string } }> {
    control.pause();
    const buyer = await quickPerson(test);
    const { id, clientSecret, card } = await begin(test, shop, { token: buyer.token });
    await confirm(test, clientSecret, CARDS.declined);
    await confirm(test, clientSecret, CARDS.authentication);
    await authenticate(test, clientSecret);
    return { id, events: await tellable(card.paymentIntentId), buyer };
  }

  it.each(['in order', 'backwards', 'shuffled', 'all at once'])('%s end in the right state', async (way) => {
    const { id, events, buyer } = await course();
    expect(events.length).toBeGreaterThan(4);
    const ways: Record<string, object[]> = {
      'in order': events,
      backwards: [...events].reverse(),
      shuffled: [...events].sort(() => Math.random() - 0.5),
      'all at once': events,
    };
    const order = ways[way] ?? [];
    if (way === 'all at once') await Promise.all(order.map((event) => tell(test, event)));
    else for (const event of order) expect((await tell(test, event)).status).toBe(200);
    expect(await readPayment(test, { buyer: buyer as never }, id)).toMatchObject({
      status: 'succeeded',
      failure: null,
    });
    expect(await ownedBy(test, shop, buyer.token)).toBe(1);
    expect((await eventsOf(id)).filter((type) => type === 'payment.succeeded')).toHaveLength(1);
  });

  it('as the sandbox reverses them', async () => {
    control.pause();
    const { id, clientSecret } = await begin(test, shop);
    await confirm(test, clientSecret, CARDS.declined);
    await confirm(test, clientSecret);
    control.resume('reverse');
    await told(test);
    expect(await statusOf(id)).toBe('succeeded');
    expect(await eventsOf(id)).toEqual(['payment.succeeded']);
  });

  it('that are late never bring a payment back', async () => {
    control.resume();
    const { id, card, clientSecret } = await begin(test, shop);
    const intent = await stripe.paymentIntents.retrieve(card.paymentIntentId);
    await confirm(test, clientSecret);
    await told(test);
    const paid = await readPayment(test, shop, id);
    const failure = { last_payment_error: { type: 'card_error', code: 'card_declined', message: 'Late.' } };
    const late = [
      eventOf('payment_intent.created', { ...intent, status: 'requires_payment_method' }),
      eventOf('payment_intent.requires_action', { ...intent, status: 'requires_action' }),
      eventOf('payment_intent.processing', { ...intent, status: 'processing' }),
      eventOf('payment_intent.payment_failed', { ...intent, ...failure, status: 'requires_payment_method' }),
      eventOf('payment_intent.canceled', { ...intent, status: 'canceled' }),
      eventOf('payment_intent.succeeded', { ...intent, status: 'succeeded', amount_received: 1500 }),
    ];
    for (const event of late) expect((await tell(test, event)).status).toBe(200);
    expect(await readPayment(test, shop, id)).toEqual(paid);
    expect(await eventsOf(id)).toEqual(['payment.succeeded']);
    expect(await stockOf(test, shop)).toBeLessThan(1000);
  });

  it('that tell of success after the end take nothing back to life', async () => {
    const { id, card } = await begin(test, shop);
    const intent = await stripe.paymentIntents.retrieve(card.paymentIntentId);
    await cancel(test, id, shop.buyer.token);
    // A lie: the processor has canceled it. What is closed stays closed.
    await tell(test, eventOf('payment_intent.succeeded', { ...intent, status: 'succeeded', amount_received: 1500 }));
    expect(await statusOf(id)).toBe('canceled');
    expect(await eventsOf(id)).toEqual([]);
  });

  it('a snapshot that is not final is no more than a hint: what counts is how the processor stands now', async () => {
    control.pause();
    const { id, card } = await begin(test, shop);
    const intent = await stripe.paymentIntents.retrieve(card.paymentIntentId);
    await tell(test, eventOf('payment_intent.processing', { ...intent, status: 'processing' }));
    expect(await statusOf(id)).toBe('pending');
    await cancel(test, id, shop.buyer.token);
    control.resume();
    await told(test);
  });
});

describe('an event that cannot be applied', () => {
  it('is kept, and applied by a job when it can be', async () => {
    control.pause();
    const { id, clientSecret, card } = await begin(test, shop);
    await confirm(test, clientSecret, CARDS.declined);
    const event = eventOf('payment_intent.payment_failed', await stripe.paymentIntents.retrieve(card.paymentIntentId));
    control.failNext(500, 4);
    expect((await tell(test, event)).status).toBe(200);
    expect(await statusOf(id)).toBe('pending');
    expect(await kept(event.id)).toMatchObject({ status: 'pending', attempts: 1, processed_at: null });
    expect((await kept(event.id))?.['error']).not.toMatch(/sk_|whsec_|select /);
    await checkEvents(depsAt(test, new Date()));
    expect((await kept(event.id))?.['attempts']).toBe(1);
    await checkEvents(depsAt(test, inMinutes(1)));
    expect(await kept(event.id)).toMatchObject({ status: 'pending', attempts: 2 });
    await checkEvents(depsAt(test, inMinutes(5)));
    expect(await kept(event.id)).toMatchObject({ status: 'succeeded', attempts: 3, error: null, retry_at: null });
    expect(await statusOf(id)).toBe('failed');
    await cancel(test, id, shop.buyer.token);
  });

  it('while the database cannot take it, is 503 and not kept: Stripe tells it again', async () => {
    control.pause();
    const { id, clientSecret, card } = await begin(test, shop);
    await confirm(test, clientSecret);
    const event = eventOf('payment_intent.succeeded', await stripe.paymentIntents.retrieve(card.paymentIntentId));
    const { release } = await holdLock(sql, `select 1 from payments where id = '${id}' for update`);
    const answer = await tell(test, event);
    await release();
    expectRefusal(answer, 503, 'SERVICE_UNAVAILABLE');
    expect(await kept(event.id)).toBeUndefined();
    expect((await tell(test, event)).status).toBe(200);
    expect(await statusOf(id)).toBe('succeeded');
  });
});
