import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { failureOf, startReceiver, startSandbox } from '../support/stripe-sandbox.ts';

const receiver = await startReceiver();
const { stripe, call } = await startSandbox({ webhookUrl: receiver.url });
const pay = (method = 'pm_card_visa') =>
  stripe.paymentIntents.create({ amount: 2000, currency: 'usd', confirm: true, payment_method: method });
const chargeOf = async ({ latest_charge }: Stripe.PaymentIntent) => stripe.charges.retrieve(String(latest_charge));

describe('refunds', () => {
  it('give back a part, another part, and not more than there is', async () => {
    const payment = await pay();
    const { id: payment_intent } = payment;
    const first = await stripe.refunds.create({
      payment_intent,
      amount: 500,
      reason: 'duplicate',
      metadata: { a: '1' },
    });
    expect(first).toMatchObject({
      object: 'refund',
      amount: 500,
      status: 'succeeded',
      reason: 'duplicate',
      payment_intent,
    });
    await stripe.refunds.create({ payment_intent, amount: 500 });
    expect(await chargeOf(payment)).toMatchObject({ amount_refunded: 1000, refunded: false });
    const error = await failureOf(stripe.refunds.create({ payment_intent, amount: 1001 }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error.message).toBe('Refund amount ($10.01) is greater than unrefunded amount on charge ($10.00)');
    expect(await stripe.refunds.create({ charge: String(payment.latest_charge) })).toMatchObject({ amount: 1000 });
    expect(await chargeOf(payment)).toMatchObject({ amount_refunded: 2000, refunded: true });
    expect(await failureOf(stripe.refunds.create({ payment_intent }))).toMatchObject({
      code: 'charge_already_refunded',
    });
    expect((await stripe.refunds.list({ payment_intent })).data).toHaveLength(3);
    const { refunds } = await stripe.charges.retrieve(String(payment.latest_charge), { expand: ['refunds'] });
    expect(refunds?.data).toHaveLength(3);
    await receiver.until('charge.refunded');
  });

  it('fail some time later, and give the room back', async () => {
    const payment = await pay('pm_card_refundFail');
    const refund = await stripe.refunds.create({ payment_intent: payment.id });
    expect(refund.status).toBe('succeeded');
    await call('clock/advance', { seconds: 10 });
    const failed = await stripe.refunds.retrieve(refund.id);
    expect(failed).toMatchObject({ status: 'failed', failure_reason: 'expired_or_canceled_card' });
    expect(await chargeOf(payment)).toMatchObject({ amount_refunded: 0, refunded: false });
    await receiver.until('refund.failed');
    const other = await stripe.refunds.create({ payment_intent: (await pay()).id });
    expect(await call(`refunds/${other.id}/fail`, {})).toMatchObject({ status: 'failed' });
  });

  it('are pending for a while', async () => {
    const refund = await stripe.refunds.create({ payment_intent: (await pay('pm_card_pendingRefund')).id });
    expect(refund.status).toBe('pending');
    await call('clock/advance', { seconds: 10 });
    expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({ status: 'succeeded' });
  });
});

describe('disputes', () => {
  it('come with a card, and are won with evidence', async () => {
    const payment = await pay('pm_card_createDispute');
    const [dispute] = (await stripe.disputes.list({ payment_intent: payment.id })).data;
    expect(dispute).toMatchObject({ object: 'dispute', amount: 2000, reason: 'fraudulent', status: 'needs_response' });
    expect(await chargeOf(payment)).toMatchObject({ disputed: true });
    expect(await failureOf(stripe.refunds.create({ payment_intent: payment.id }))).toMatchObject({
      code: 'charge_disputed',
    });
    const evidence = { uncategorized_text: 'winning_evidence' };
    expect(await stripe.disputes.update(dispute?.id ?? '', { evidence })).toMatchObject({ status: 'won' });
    await receiver.until('charge.dispute.funds_reinstated');
    expect(receiver.types()).toEqual(
      expect.arrayContaining(['charge.dispute.created', 'charge.dispute.funds_withdrawn', 'charge.dispute.closed']),
    );
  });

  it('are opened and decided on demand', async () => {
    for (const outcome of ['won', 'lost']) {
      const { latest_charge } = await pay();
      const made = await call('disputes', { charge: latest_charge, reason: 'product_not_received' });
      expect(made).toMatchObject({ reason: 'product_not_received' });
      expect(await call(`disputes/${made.id}/close`, { outcome })).toMatchObject({ status: outcome });
    }
    const { id: payment_intent } = await pay();
    const made = await call('disputes', { payment_intent });
    expect(made.payment_intent).toBe(payment_intent);
    expect(await stripe.disputes.close(made.id)).toMatchObject({ status: 'lost' });
  });
});
