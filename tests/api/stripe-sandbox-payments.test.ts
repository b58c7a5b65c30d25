import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { failureOf, startSandbox } from '../support/stripe-sandbox.ts';

const sandbox = await startSandbox();
const { stripe, browser, call } = sandbox;
const intent = (params: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({ amount: 2000, currency: 'usd', ...params });
const paid = (method: string, params: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  intent({ confirm: true, payment_method: method, return_url: 'http://shop.example/done', ...params });

describe('a payment', () => {
  it('goes from created to succeeded', async () => {
    const created = await intent({ metadata: { order: '1' } });
    expect(created).toMatchObject({ object: 'payment_intent', status: 'requires_payment_method', livemode: false });
    expect(created.id).toMatch(/^pi_\w{24}$/);
    const updated = await stripe.paymentIntents.update(created.id, {
      payment_method: 'pm_card_visa',
      metadata: { x: '2' },
    });
    expect(updated).toMatchObject({ status: 'requires_confirmation', metadata: { order: '1', x: '2' } });
    const done = await stripe.paymentIntents.confirm(created.id, { expand: ['latest_charge.balance_transaction'] });
    expect(done).toMatchObject({ status: 'succeeded', amount_received: 2000 });
    const charge = done.latest_charge as Stripe.Charge;
    expect(charge).toMatchObject({ object: 'charge', paid: true, amount_captured: 2000, payment_intent: created.id });
    expect(charge.payment_method_details?.card).toMatchObject({ brand: 'visa', last4: '4242' });
    expect(charge.balance_transaction).toMatchObject({ amount: 2000, fee: 88, net: 1912 });
    const again = await failureOf(stripe.paymentIntents.confirm(created.id));
    expect(again).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
    expect(again).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
  });

  it.each([
    ['4000000000000002', 'pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['4000000000009995', 'pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['4000000000000069', 'pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['4000000000000127', 'pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
    ['4000000000000119', 'pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
  ])('is declined with %s and %s: %s', async (number, name, code, decline) => {
    const { id, client_secret } = await intent();
    const error = await failureOf(stripe.paymentIntents.confirm(id, { payment_method: name }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(error).toMatchObject({ statusCode: 402, code, decline_code: decline, type: 'StripeCardError' });
    expect(error.payment_intent).toMatchObject({ id, status: 'requires_payment_method' });
    const after = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    expect(after.last_payment_error).toMatchObject({ type: 'card_error', code });
    expect(after.latest_charge).toMatchObject({ status: 'failed', failure_code: code });
    const fields = { client_secret: client_secret ?? '', 'payment_method_data[type]': 'card' };
    const card = { 'payment_method_data[card][exp_month]': '12', 'payment_method_data[card][exp_year]': '2040' };
    const confirm = `/v1/payment_intents/${id}/confirm`;
    const refused = await browser(confirm, { ...fields, ...card, 'payment_method_data[card][number]': number });
    expect(refused).toMatchObject({ status: 402, body: { error: { type: 'card_error', code } } });
    const good = await browser(confirm, {
      ...fields,
      ...card,
      'payment_method_data[card][number]': '4242424242424242',
    });
    expect(good).toMatchObject({ status: 200, body: { id, status: 'succeeded' } });
  });

  it.each(['succeed', 'fail'])('asks for authentication: %s', async (outcome) => {
    for (const method of ['pm_card_authenticationRequired', 'pm_card_authenticationRequiredOnSetup']) {
      const made = await paid(method);
      expect(made.status).toBe('requires_action');
      const { url, return_url } = made.next_action?.redirect_to_url ?? {};
      expect(return_url).toBe('http://shop.example/done');
      expect(await (await fetch(url ?? '')).text()).toContain('Complete authentication');
      const form = new URLSearchParams({ outcome, client_secret: made.client_secret ?? '' });
      const back = await fetch(url ?? '', { method: 'POST', body: form, redirect: 'manual' });
      expect(back.status).toBe(303);
      const status = outcome === 'succeed' ? 'succeeded' : 'failed';
      expect(back.headers.get('location')).toContain(`redirect_status=${status}`);
      const after = await stripe.paymentIntents.retrieve(made.id);
      expect(after.status).toBe(outcome === 'succeed' ? 'succeeded' : 'requires_payment_method');
      if (outcome === 'fail') expect(after.last_payment_error?.code).toBe('payment_intent_authentication_failure');
    }
  });

  it('is authenticated through the API, and refused off session', async () => {
    const made = await paid('pm_card_authenticationRequired');
    const body = { client_secret: made.client_secret, outcome: 'succeed' };
    expect(await call(`authenticate/${made.id}`, body)).toMatchObject({ status: 'succeeded' });
    expect(await call(`authenticate/${made.id}`, { ...body, client_secret: 'x' })).toMatchObject({ error: {} });
    const error = await failureOf(paid('pm_card_authenticationRequired', { off_session: true }));
    expect(error).toMatchObject({ statusCode: 402, code: 'authentication_required' });
  });

  it('is captured later, in part, or canceled', async () => {
    const held = await paid('pm_card_visa', { capture_method: 'manual' });
    expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 2000, amount_received: 0 });
    const captured = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1500 });
    expect(captured).toMatchObject({ status: 'succeeded', amount_received: 1500 });
    const other = await paid('pm_card_visa', { capture_method: 'manual' });
    const canceled = await stripe.paymentIntents.cancel(other.id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
    const error = await failureOf(stripe.paymentIntents.cancel(held.id));
    expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
    expect(error.payment_intent).toMatchObject({ id: held.id });
  });

  it('is processing until a bank debit settles', async () => {
    const debit = await paid('pm_usBankAccount_success');
    const bad = await paid('pm_usBankAccount_insufficientFunds');
    expect([debit.status, bad.status]).toEqual(['processing', 'processing']);
    await call('clock/advance', { seconds: 181 });
    expect((await stripe.paymentIntents.retrieve(debit.id)).status).toBe('succeeded');
    expect((await stripe.paymentIntents.retrieve(bad.id)).status).toBe('requires_payment_method');
  });

  it('has the least amounts of its currency, and its decimals', async () => {
    for (const [amount, currency] of [
      [49, 'usd'],
      [29, 'gbp'],
      [49, 'jpy'],
      [150, 'kwd'],
    ] as const) {
      const error = await failureOf(intent({ amount, currency }));
      expect(error, currency).toMatchObject({ statusCode: 400, code: 'amount_too_small', param: 'amount' });
    }
    expect(await paid('pm_card_visa', { amount: 50, currency: 'jpy' })).toMatchObject({ amount: 50, currency: 'jpy' });
    expect(await paid('pm_card_visa', { amount: 1230, currency: 'kwd' })).toMatchObject({ status: 'succeeded' });
    expect(await failureOf(intent({ amount: 1234, currency: 'kwd' }))).toMatchObject({ statusCode: 400 });
    expect(await failureOf(intent({ currency: 'xxz' }))).toMatchObject({ param: 'currency' });
  });

  it('keeps a card for later payments', async () => {
    const { id: customer } = await stripe.customers.create({ email: 'a@example.com' });
    const first = await paid('pm_card_visa', { customer, setup_future_usage: 'off_session' });
    const { data } = await stripe.customers.listPaymentMethods(customer);
    expect(data.map(({ id }) => id)).toEqual([first.payment_method]);
    expect(await paid(data[0]?.id ?? '', { customer, off_session: true })).toMatchObject({ status: 'succeeded' });
    const error = await failureOf(stripe.paymentMethods.attach('pm_card_visa_chargeDeclined', { customer }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
    const late = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
    expect(await failureOf(paid(late.id, { customer }))).toMatchObject({ decline_code: 'generic_decline' });
    const off = await stripe.paymentMethods.detach(late.id);
    expect(off.customer).toBeNull();
  });

  it('sets a card up without a payment', async () => {
    const { id: customer } = await stripe.customers.create();
    const setup = await stripe.setupIntents.create({ customer });
    const done = await browser(`/v1/setup_intents/${setup.id}/confirm`, {
      client_secret: setup.client_secret ?? '',
      payment_method: 'pm_card_visa',
    });
    expect(done.body).toMatchObject({ object: 'setup_intent', status: 'succeeded' });
  });
});

describe('what can be made to happen', () => {
  it('declines the next charge, and fails the next request', async () => {
    await call('charges/decline-next', { code: 'card_declined', decline_code: 'lost_card' });
    expect(await failureOf(paid('pm_card_visa'))).toMatchObject({ decline_code: 'lost_card' });
    expect(await paid('pm_card_visa')).toMatchObject({ status: 'succeeded' });
    await call('requests/fail-next', { status: 429 });
    expect(await failureOf(intent())).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    await call('requests/fail-next', { status: 500 });
    expect(await failureOf(intent())).toBeInstanceOf(Stripe.errors.StripeAPIError);
  });
});
