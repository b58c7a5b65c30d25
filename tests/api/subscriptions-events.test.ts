import { describe, expect, it } from 'vitest';
import { signature } from '#src/embedded/stripe-sandbox/webhooks.ts';
import { WEBHOOK_SECRET } from '../support/stripe-sandbox.ts';
import { openClubs, type Subscriber } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { test, sql, stripe, person, ask, clubWithTier, subscribe, begun, pay, paid, read, settle, toPeriodEnd } = clubs;
const { advance, membershipOf, paymentsOf, eventsOf, atProcessor, inDays } = clubs;
const { control } = test.sandbox;

let count = 0;

/** A signed event of our own making, which the processor might have sent. */
async function tell(type: string, object: object, { account }: { account?: string } = {}) {
  count += 1;
  const id = `evt_told${count}`;
  const created = Math.floor(test.deps.clock.now().getTime() / 1000);
  const event = { id, object: 'event', type, created, livemode: false, api_version: null, data: { object }, account };
  const body = JSON.stringify(event);
  const headers = {
    'content-type': 'application/json',
    'stripe-signature': signature(body, { secret: WEBHOOK_SECRET, at: Date.now() }),
  };
  const answer = await test.call('POST', 'stripe/webhook', { payload: body, headers });
  expect(answer.status, answer.text).toBe(200);
  const [row] = await sql`select status from stripe_events where event_id = ${id}`;
  return String(row?.['status']);
}

/** As the subscription was shown while it was active. */
async function snapshot(subscriber: Pick<Subscriber, 'id'>) {
  const { subscription } = await atProcessor(subscriber);
  return { ...subscription, status: 'active', ended_at: null, canceled_at: null };
}

const cancelNow = ({ who, id }: Subscriber) =>
  ask(who, 'POST', `stripe/subscriptions/${id}/cancel`, { body: { atPeriodEnd: false } });

describe('what is told late', () => {
  it.each(['customer.subscription.created', 'customer.subscription.updated', 'invoice.paid'])(
    'such as %s never revives a subscription that has ended',
    async (type) => {
      const { club, tier } = await clubWithTier();
      const subscriber = await paid(tier);
      const active = await snapshot(subscriber);
      await cancelNow(subscriber);
      await settle();
      const before = [await read(subscriber), await eventsOf(club.tenantId), await paymentsOf(subscriber.who)];
      const { latest_invoice: invoice } = active;
      const object = type === 'invoice.paid' ? await stripe.invoices.retrieve(String(invoice)) : active;
      expect(await tell(type, object)).toBe('succeeded');
      expect([await read(subscriber), await eventsOf(club.tenantId), await paymentsOf(subscriber.who)]).toEqual(before);
      expect(await membershipOf(subscriber.who, club.tenantId)).toMatchObject({ member: false });
    },
  );

  it('backwards, from the end to the beginning, gives the end', async () => {
    const { club, tier } = await clubWithTier();
    control.pause();
    const subscriber = await begun(tier);
    await pay(subscriber);
    const { cardId } = await atProcessor(subscriber);
    await stripe.subscriptions.cancel(cardId);
    control.resume('reverse');
    await settle();
    expect((await read(subscriber)).subscription.status).toBe('canceled');
    expect((await membershipOf(subscriber.who, club.tenantId)).member).toBe(false);
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
  });

  it('of an end that the processor takes back is asked about, not believed', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const ended = { ...(await snapshot(subscriber)), status: 'canceled', ended_at: 1 };
    expect(await tell('customer.subscription.deleted', ended)).toBe('succeeded');
    expect(await tell('invoice.payment_failed', { id: ended.latest_invoice, object: 'invoice' })).toBe('ignored');
    expect((await read(subscriber)).subscription.status).toBe('active');
    expect((await membershipOf(subscriber.who, club.tenantId)).member).toBe(true);
  });

  it('twenty times at once changes a thing once', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await begun(tier);
    control.pause();
    await pay(subscriber);
    const { subscription } = await atProcessor(subscriber);
    const invoice = await stripe.invoices.retrieve(String(subscription.latest_invoice));
    const told = Array.from({ length: 20 }, (_, index) =>
      index % 2 ? tell('customer.subscription.updated', subscription) : tell('invoice.paid', invoice),
    );
    expect(new Set(await Promise.all(told))).toEqual(new Set(['succeeded']));
    control.resume();
    await settle();
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
    expect((await eventsOf(club.tenantId)).toSorted()).toEqual(['membership.created', 'payment.succeeded']);
  });
});

describe('an event that names our subscription', () => {
  it('from another account is ignored, whatever it says', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await settle();
    const { id: account } = await stripe.accounts.create({ type: 'standard' });
    const options = { stripeAccount: account };
    const before = [await read(subscriber), await eventsOf(club.tenantId), await paymentsOf(subscriber.who)];
    const metadata = { tenantId: club.tenantId, subscriptionId: subscriber.id };
    const foreign = await stripe.customers.create({ payment_method: 'pm_card_visa' }, options);
    const product = (await stripe.products.create({ name: 'Foreign' }, options)).id;
    const price = await stripe.prices.create(
      { product, currency: 'eur', unit_amount: 100, recurring: { interval: 'month' } },
      options,
    );
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: foreign.id }, options);
    const made = await stripe.subscriptions.create(
      { customer: foreign.id, items: [{ price: price.id }], metadata, default_payment_method: method.id },
      options,
    );
    expect(made.status).toBe('active');
    await stripe.subscriptions.cancel(made.id, {}, options);
    await settle();
    const active = await snapshot(subscriber);
    expect(await tell('customer.subscription.deleted', { ...active, status: 'canceled' }, { account })).toBe('ignored');
    const invoice = await stripe.invoices.retrieve(String(active.latest_invoice));
    expect(await tell('invoice.paid', { ...invoice, id: String(made.latest_invoice) }, { account })).toBe('ignored');
    expect([await read(subscriber), await eventsOf(club.tenantId), await paymentsOf(subscriber.who)]).toEqual(before);
    const told = await sql`select distinct status from stripe_events where account = ${account}`;
    expect(told).toEqual([{ status: 'ignored' }]);
  });

  it('of the same account that is not ours changes nothing either', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await settle();
    const { customer } = await atProcessor(subscriber);
    const { subscription } = await atProcessor(subscriber);
    const price = subscription.items.data[0]?.price.id ?? '';
    const metadata = { tenantId: club.tenantId, subscriptionId: subscriber.id };
    const default_payment_method = String(subscription.default_payment_method);
    const twin = await stripe.subscriptions.create({ customer, items: [{ price }], metadata, default_payment_method });
    await settle();
    await stripe.subscriptions.cancel(twin.id);
    await settle();
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
  });

  it('that does not exist, or of a form that is none, is kept and ignored', async () => {
    const object = { id: 'sub_x', object: 'subscription' };
    expect(await tell('customer.subscription.updated', { ...object, metadata: {} })).toBe('ignored');
    const metadata = { tenantId: '1', subscriptionId: "'" };
    expect(await tell('customer.subscription.updated', { ...object, metadata })).toBe('ignored');
    expect(await tell('invoice.upcoming', { object: 'invoice', metadata: {} })).toBe('ignored');
    expect(await tell('plan.created', { id: 'plan_1', object: 'plan' })).toBe('ignored');
  });
});

describe('a processor that is out of reach when it tells something', () => {
  it('is asked again by the job', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await begun(tier);
    await settle();
    control.pause();
    await pay(subscriber);
    const { subscription } = await atProcessor(subscriber);
    control.failNext(500, 2);
    expect(await tell('customer.subscription.updated', subscription)).toBe('pending');
    expect((await read(subscriber)).subscription.status).toBe('incomplete');
    await advance({ hours: 1 });
    const { checkEvents } = await import('#src/stripe-events/check-events.ts');
    await checkEvents(test.deps);
    expect((await read(subscriber)).subscription.status).toBe('active');
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
    control.resume();
    await settle();
  });
});

describe('an end that is told before its renewal', () => {
  it('keeps the payment of the period that was charged meanwhile', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await settle();
    control.pause();
    await advance({ to: inDays(32) });
    const { cardId } = await atProcessor(subscriber);
    await stripe.subscriptions.cancel(cardId);
    control.resume('reverse');
    await settle();
    expect((await read(subscriber)).subscription.status).toBe('canceled');
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
  });

  it('is not undone by a subscription of another person', async () => {
    const { tier } = await clubWithTier();
    const [one, other] = [await paid(tier), await paid(tier)];
    await cancelNow(one);
    await toPeriodEnd(other);
    expect((await read(one)).membership.status).toBe('canceled');
    expect((await read(other)).membership.status).toBe('active');
    const who = await person();
    expect((await subscribe(who, tier)).status).toBe(201);
  });
});
