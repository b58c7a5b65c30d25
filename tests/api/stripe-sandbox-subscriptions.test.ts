import type Stripe from 'stripe';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { failureOf, startReceiver, startSandbox } from '../support/stripe-sandbox.ts';

const receiver = await startReceiver();
const { stripe, browser, call, control } = await startSandbox({ webhookUrl: receiver.url });
let basic: Stripe.Price;
let gold: Stripe.Price;

beforeAll(async () => {
  const product = (await stripe.products.create({ name: 'Club' })).id;
  const price = (unit_amount: number) =>
    stripe.prices.create({ product, currency: 'usd', unit_amount, recurring: { interval: 'month' } });
  basic = await price(1000);
  gold = await price(3000);
});

async function customerWith(method: string): Promise<string> {
  const invoice_settings = { default_payment_method: method };
  return (await stripe.customers.create({ payment_method: method, invoice_settings })).id;
}

async function subscribed(method = 'pm_card_visa', params: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const customer = await customerWith(method);
  return stripe.subscriptions.create({ customer, items: [{ price: basic.id }], ...params });
}

const read = (id: string) => stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] });
const endOf = ({ items }: Stripe.Subscription) => items.data[0]?.current_period_end ?? 0;
const toEnd = (subscription: Stripe.Subscription) =>
  call('clock/advance', { to: Math.max(endOf(subscription), control.now()) });
const invoiceOf = (subscription: Stripe.Subscription) => subscription.latest_invoice as Stripe.Invoice;

describe('the start', () => {
  it('is incomplete until a browser confirms the first payment', async () => {
    const { id: customer } = await stripe.customers.create();
    const made = await stripe.subscriptions.create({
      customer,
      items: [{ price: basic.id, quantity: 2 }],
      payment_behavior: 'default_incomplete',
      payment_settings: { save_default_payment_method: 'on_subscription' },
      expand: ['latest_invoice.confirmation_secret', 'latest_invoice.payments.data.payment.payment_intent'],
    });
    expect(made).toMatchObject({
      status: 'incomplete',
      latest_invoice: { status: 'open', amount_due: 2000, billing_reason: 'subscription_create' },
    });
    const invoice = invoiceOf(made);
    const intent = invoice.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    const { client_secret = '', type } = invoice.confirmation_secret ?? {};
    expect({ type, client_secret }).toEqual({ type: 'payment_intent', client_secret: intent.client_secret });
    const fields = { client_secret, payment_method: 'pm_card_visa' };
    expect((await browser(`/v1/payment_intents/${intent.id}/confirm`, fields)).body.status).toBe('succeeded');
    const active = await read(made.id);
    expect(active).toMatchObject({ status: 'active', latest_invoice: { status: 'paid', amount_paid: 2000 } });
    expect(active.default_payment_method).toMatch(/^pm_/);
    expect(invoiceOf(active)).not.toHaveProperty('payments');
    await receiver.until('customer.subscription.updated');
    expect(receiver.types()).toEqual(
      expect.arrayContaining(['customer.subscription.created', 'invoice.finalized', 'customer.subscription.updated']),
    );
    expect((await read((await renewed(active)).id)).status).toBe('active');
  });

  it('expires when nobody pays', async () => {
    const { id: customer } = await stripe.customers.create();
    const made = await stripe.subscriptions.create({
      customer,
      items: [{ price: basic.id }],
      payment_behavior: 'default_incomplete',
    });
    await call('clock/advance', { hours: 24 });
    expect(await read(made.id)).toMatchObject({ status: 'incomplete_expired', latest_invoice: { status: 'void' } });
  });

  it('fails with the card, as the behaviour says', async () => {
    const customer = await customerWith('pm_card_chargeCustomerFail');
    const items = [{ price: basic.id }];
    expect(await stripe.subscriptions.create({ customer, items })).toMatchObject({ status: 'incomplete' });
    const before = (await stripe.subscriptions.list({ customer, status: 'all' })).data.length;
    const error = await failureOf(
      stripe.subscriptions.create({ customer, items, payment_behavior: 'error_if_incomplete' }),
    );
    expect(error).toMatchObject({ statusCode: 402, code: 'card_declined' });
    expect((await stripe.subscriptions.list({ customer, status: 'all' })).data).toHaveLength(before);
    const { id: poor } = await stripe.customers.create();
    expect(await failureOf(stripe.subscriptions.create({ customer: poor, items }))).toMatchObject({
      code: 'resource_missing',
    });
  });

  it('may be a trial, which its end turns into a paid period', async () => {
    const made = await subscribed('pm_card_visa', { trial_period_days: 7 });
    expect(made).toMatchObject({ status: 'trialing', trial_end: endOf(made) });
    await call('clock/advance', { days: 5 });
    await receiver.until('customer.subscription.trial_will_end');
    await toEnd(made);
    expect(await read(made.id)).toMatchObject({
      status: 'active',
      latest_invoice: { amount_paid: 1000, billing_reason: 'subscription_cycle' },
    });
  });

  it('goes on by real time as well', async () => {
    const made = await subscribed('pm_card_visa', { trial_end: control.now() + 2 });
    expect(made.status).toBe('trialing');
    await vi.waitFor(async () => expect((await read(made.id)).status).toBe('active'), {
      timeout: 6_000,
      interval: 100,
    });
  });

  it('asks the holder when a renewal needs it', async () => {
    const start = await subscribed('pm_card_authenticationRequired');
    expect(start.status).toBe('incomplete');
    const expand = ['latest_invoice.payments.data.payment.payment_intent'];
    const { latest_invoice } = await stripe.subscriptions.retrieve(start.id, { expand });
    const intent = (latest_invoice as Stripe.Invoice).payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    expect(intent.status).toBe('requires_action');
    await call(`authenticate/${intent.id}`, { client_secret: intent.client_secret, outcome: 'succeed' });
    expect((await read(start.id)).status).toBe('active');
    expect((await renewed(start)).status).toBe('past_due');
    await receiver.until('invoice.payment_action_required');
  });

  it('pauses or ends after a trial without a card, and resumes', async () => {
    const trial = async (missing_payment_method: 'pause' | 'cancel') => {
      const { id: customer } = await stripe.customers.create();
      const trial_settings = { end_behavior: { missing_payment_method } };
      return stripe.subscriptions.create({
        customer,
        items: [{ price: basic.id }],
        trial_period_days: 1,
        trial_settings,
      });
    };
    const [paused, ended] = [await trial('pause'), await trial('cancel')];
    expect(paused.pending_setup_intent).toMatch(/^seti_/);
    await call('clock/advance', { days: 2 });
    expect([(await read(paused.id)).status, (await read(ended.id)).status]).toEqual(['paused', 'canceled']);
    const customer = String(paused.customer);
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
    expect(await stripe.subscriptions.resume(paused.id)).toMatchObject({ status: 'active' });
  });
});

async function renewed(subscription: Stripe.Subscription): Promise<Stripe.Subscription> {
  await toEnd(subscription);
  return read(subscription.id);
}

describe('the periods', () => {
  it('renew one after the other', async () => {
    let subscription: Stripe.Subscription = await subscribed();
    for (const number of [2, 3]) {
      const before = endOf(subscription);
      subscription = await renewed(subscription);
      expect(subscription).toMatchObject({ status: 'active', latest_invoice: { amount_paid: 1000, status: 'paid' } });
      expect(subscription.items.data[0]?.current_period_start).toBe(before);
      expect(endOf(subscription)).toBeGreaterThan(before + 27 * 86_400);
      expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(number);
    }
  });

  it('recover after a failed payment', async () => {
    const start = await subscribed();
    await call('charges/decline-next', { decline_code: 'insufficient_funds', customer: start.customer });
    const late = await renewed(start);
    expect(late).toMatchObject({ status: 'past_due', latest_invoice: { status: 'open', attempt_count: 1 } });
    expect(invoiceOf(late).next_payment_attempt).toBe(endOf(start) + 2 * 86_400);
    await receiver.until('invoice.payment_failed');
    const paid = await stripe.invoices.pay(invoiceOf(late).id ?? '');
    expect(paid).toMatchObject({ status: 'paid', amount_paid: 1000, amount_remaining: 0 });
    expect((await read(start.id)).status).toBe('active');
  });

  it('recover by themselves at the next try, or end after the last', async () => {
    for (const [declines, status] of [
      [1, 'active'],
      [5, 'canceled'],
    ] as const) {
      const start = await subscribed();
      await call('charges/decline-next', { count: declines, customer: start.customer });
      expect((await renewed(start)).status).toBe('past_due');
      await call('clock/advance', { days: declines === 1 ? 3 : 22 });
      expect((await read(start.id)).status).toBe(status);
    }
    await call('billing', { afterRetries: 'unpaid' });
    const start = await subscribed();
    await call('charges/decline-next', { count: 5, customer: start.customer });
    await toEnd(start);
    await call('clock/advance', { days: 22 });
    expect((await read(start.id)).status).toBe('unpaid');
    await call('billing', { afterRetries: 'cancel' });
  });

  it('end at once, at the end of the period, or not after all', async () => {
    const now = await stripe.subscriptions.cancel((await subscribed()).id);
    expect(now).toMatchObject({ status: 'canceled', cancellation_details: { reason: 'cancellation_requested' } });
    const later = await subscribed();
    const ending = await stripe.subscriptions.update(later.id, { cancel_at_period_end: true });
    expect(ending).toMatchObject({ status: 'active', cancel_at_period_end: true, cancel_at: endOf(later) });
    const kept = await subscribed();
    await stripe.subscriptions.update(kept.id, { cancel_at_period_end: true });
    const back = await stripe.subscriptions.update(kept.id, { cancel_at_period_end: false });
    expect(back).toMatchObject({ cancel_at_period_end: false, cancel_at: null, canceled_at: null });
    await toEnd(kept);
    expect([(await read(later.id)).status, (await read(kept.id)).status]).toEqual(['canceled', 'active']);
    await receiver.until('customer.subscription.deleted');
    expect(await failureOf(stripe.subscriptions.cancel(now.id))).toMatchObject({ statusCode: 404 });
  });
});

describe('another price', () => {
  const change = async (params: Partial<Stripe.SubscriptionUpdateParams>) => {
    const start = await subscribed();
    const half = Math.round((endOf(start) + (start.items.data[0]?.current_period_start ?? 0)) / 2);
    await call('clock/advance', { to: half });
    const items = [{ id: start.items.data[0]?.id, price: gold.id }];
    return {
      start,
      items,
      after: await stripe.subscriptions.update(start.id, { items, proration_date: half, ...params }),
      half,
    };
  };

  it('is prorated on the next invoice', async () => {
    const { start, after } = await change({});
    expect(after.items.data[0]?.price.id).toBe(gold.id);
    expect(invoiceOf(await renewed(start))).toMatchObject({ subtotal: 4000, amount_paid: 4000 });
  });

  it('is prorated at once, or not at all', async () => {
    const { start } = await change({ proration_behavior: 'always_invoice' });
    const invoice = invoiceOf(await read(start.id));
    expect(invoice).toMatchObject({ billing_reason: 'subscription_update', amount_paid: 1000, status: 'paid' });
    expect(invoice.lines.data.map(({ amount }) => amount)).toEqual([-500, 1500]);
    const none = await change({ proration_behavior: 'none' });
    expect(invoiceOf(await renewed(none.start))).toMatchObject({ amount_paid: 3000 });
  });

  it('can be seen before, and waits for its payment', async () => {
    const { start, items, half } = await change({ items: [] });
    const preview = await stripe.invoices.createPreview({
      subscription: start.id,
      subscription_details: { items, proration_date: half },
    });
    expect(preview).toMatchObject({ amount_due: 1000, status: 'draft' });
    expect((await read(start.id)).items.data[0]?.price.id).toBe(basic.id);
    await call('charges/decline-next', { customer: start.customer });
    const params = {
      items,
      proration_date: half,
      proration_behavior: 'always_invoice',
      payment_behavior: 'pending_if_incomplete',
    } as const;
    const waiting = await stripe.subscriptions.update(start.id, params);
    expect(waiting.pending_update?.subscription_items?.[0]?.price.id).toBe(gold.id);
    expect(waiting).toMatchObject({ status: 'active', items: { data: [{ price: { id: basic.id } }] } });
    await stripe.invoices.pay(String(waiting.latest_invoice));
    const after = await read(start.id);
    expect(after).toMatchObject({ pending_update: null, items: { data: [{ price: { id: gold.id } }] } });
  });
});
