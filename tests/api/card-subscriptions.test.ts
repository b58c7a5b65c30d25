import { describe, expect, it } from 'vitest';
import { startCards } from '../support/card-payments.ts';

const { cards, stripe, call, key, confirm, refusalOf, newCustomer, newPrice, subscribed, activeSubscription } =
  await startCards();
const account = null;

describe('subscriptions', () => {
  it('wait for the first payment, and know what to confirm', async () => {
    const made = await subscribed();
    expect(made).toMatchObject({ status: 'incomplete', pendingPriceId: null, trialEnd: null, endedAt: null });
    expect(made).toMatchObject({ cancelAtPeriodEnd: false, canceledAt: null, metadata: { subscriptionId: 's1' } });
    expect(made.latestInvoiceId).toMatch(/^in_/);
    expect(made.clientSecret).toMatch(/^pi_/);
    await confirm(made.clientSecret);
    const active = await cards.findSubscription({ account, subscriptionId: made.id });
    expect(active).toEqual({ ...made, status: 'active', clientSecret: null });
    expect(active.periodEnd.getTime() - active.periodStart.getTime()).toBeGreaterThan(27 * 86_400_000);
    expect((await stripe.subscriptions.retrieve(made.id)).default_payment_method).toMatch(/^pm_/);
  });

  it('set up a card during a trial, which it then pays with', async () => {
    const made = await subscribed({ trialDays: 7 });
    expect(made).toMatchObject({ status: 'trialing', trialEnd: made.periodEnd });
    expect(made.clientSecret).toMatch(/^seti_/);
    const invoice = await cards.findInvoice({ account, invoiceId: made.latestInvoiceId ?? '' });
    expect(invoice).toMatchObject({ status: 'paid', subtotal: 0, amountPaid: 0, intentId: null });
    await confirm(made.clientSecret);
    const ready = await cards.findSubscription({ account, subscriptionId: made.id });
    expect(ready).toMatchObject({ status: 'trialing', clientSecret: null });
    await call('clock/advance', { to: made.periodEnd.getTime() / 1000 });
    const paid = await cards.findSubscription({ account, subscriptionId: made.id });
    expect(paid).toMatchObject({ status: 'active', periodStart: made.periodEnd });
    const first = await cards.findInvoice({ account, invoiceId: paid.latestInvoiceId ?? '' });
    const { periodStart, periodEnd } = paid;
    expect(first).toMatchObject({ amountPaid: 1000, periodStart, periodEnd });
  });

  it('end with the period when asked, and go on when asked again', async () => {
    const { id: subscriptionId } = await activeSubscription();
    const set = (cancelAtPeriodEnd: boolean) =>
      cards.setCancelAtPeriodEnd({ account, subscriptionId, cancelAtPeriodEnd });
    expect(await set(true)).toMatchObject({ status: 'active', cancelAtPeriodEnd: true, canceledAt: expect.any(Date) });
    expect(await set(false)).toMatchObject({ cancelAtPeriodEnd: false, canceledAt: null });
  });

  it('end at once, and once', async () => {
    const { id: subscriptionId } = await activeSubscription();
    const ended = await cards.cancelSubscription({ account, subscriptionId });
    expect(ended).toMatchObject({ status: 'canceled', endedAt: expect.any(Date) });
    expect(await cards.cancelSubscription({ account, subscriptionId })).toEqual(ended);
    expect(await refusalOf(cards.cancelSubscription({ account, subscriptionId: 'sub_none' }))).toMatchObject({
      code: 'resource_missing',
    });
    const late = cards.setCancelAtPeriodEnd({ account, subscriptionId, cancelAtPeriodEnd: true });
    expect(await refusalOf(late)).not.toBeNull();
  });
});

describe('a change of price', () => {
  it('is charged at once, as it was shown', async () => {
    const { id: subscriptionId } = await activeSubscription();
    const priceId = await newPrice(3000);
    const preview = await cards.previewPriceChange({ account, subscriptionId, priceId });
    expect(preview).toEqual({ amount: 2000, currency: 'EUR' });
    const change = { account, idempotencyKey: key(), subscriptionId, priceId };
    const after = await cards.changePrice(change);
    expect(after).toMatchObject({ status: 'active', priceId, pendingPriceId: null, clientSecret: null });
    expect(await cards.changePrice(change)).toEqual(after);
    const invoice = await cards.findInvoice({ account, invoiceId: after.latestInvoiceId ?? '' });
    expect(invoice).toMatchObject({ amountPaid: 2000, periodEnd: after.periodEnd });
    const back = { account, subscriptionId, priceId: await newPrice(500) };
    expect(await cards.previewPriceChange(back)).toEqual({ amount: 0, currency: 'EUR' });
  });

  it('starts another period when the interval is another', async () => {
    const { id: subscriptionId } = await activeSubscription();
    const priceId = await newPrice(9000, 'year');
    const after = await cards.changePrice({ account, idempotencyKey: key(), subscriptionId, priceId });
    const { periodStart, periodEnd, latestInvoiceId } = after;
    expect(periodEnd.getTime() - periodStart.getTime()).toBeGreaterThan(364 * 86_400_000);
    const invoice = await cards.findInvoice({ account, invoiceId: latestInvoiceId ?? '' });
    expect(invoice).toMatchObject({ amountPaid: 8000, periodStart, periodEnd });
  });

  it('waits when the card is declined, for its holder to pay with another', async () => {
    const before = await activeSubscription();
    const { id: subscriptionId, priceId: old } = before;
    const priceId = await newPrice(3000);
    await call('charges/decline-next', { code: 'card_declined', decline_code: 'insufficient_funds' });
    const waiting = await cards.changePrice({ account, idempotencyKey: key(), subscriptionId, priceId });
    expect(waiting).toMatchObject({ status: 'active', priceId: old, pendingPriceId: priceId });
    expect(waiting.latestInvoiceId).not.toBe(before.latestInvoiceId);
    expect((await confirm(waiting.clientSecret)).body.status).toBe('succeeded');
    const after = await cards.findSubscription({ account, subscriptionId });
    expect(after).toMatchObject({ status: 'active', priceId, pendingPriceId: null, clientSecret: null });
  });

  it('costs nothing now during a trial', async () => {
    const { id: subscriptionId } = await subscribed({ trialDays: 7 });
    const priceId = await newPrice(3000);
    expect(await cards.previewPriceChange({ account, subscriptionId, priceId })).toEqual({
      amount: 0,
      currency: 'EUR',
    });
    const after = await cards.changePrice({ account, idempotencyKey: key(), subscriptionId, priceId });
    expect(after).toMatchObject({ status: 'trialing', priceId, pendingPriceId: null });
  });
});

describe('invoices', () => {
  it('name the intent that paid them, the discount and the period', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'forever' });
    const [customerId, priceId] = [await newCustomer(), await newPrice()];
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customerId });
    const made = await stripe.subscriptions.create({
      customer: customerId,
      items: [{ price: priceId }],
      default_payment_method: method.id,
      discounts: [{ coupon: coupon.id }],
    });
    const { latestInvoiceId, periodStart, periodEnd } = await cards.findSubscription({
      account,
      subscriptionId: made.id,
    });
    const invoice = await cards.findInvoice({ account, invoiceId: latestInvoiceId ?? '' });
    expect(invoice).toEqual({
      id: latestInvoiceId,
      status: 'paid',
      subscriptionId: made.id,
      subtotal: 1000,
      discount: 250,
      amountPaid: 750,
      currency: 'EUR',
      intentId: expect.stringMatching(/^pi_/),
      paidAt: expect.any(Date),
      periodStart,
      periodEnd,
      isForPeriod: true,
    });
    const intent = await cards.findIntent({ account, intentId: invoice.intentId ?? '' });
    expect(intent).toMatchObject({ status: 'succeeded', amountReceived: 750 });
  });

  it('name none before they are paid', async () => {
    const { latestInvoiceId } = await subscribed();
    const invoice = await cards.findInvoice({ account, invoiceId: latestInvoiceId ?? '' });
    expect(invoice).toMatchObject({ status: 'open', amountPaid: 0, intentId: null, paidAt: null });
  });
});
