import { describe, expect, it } from 'vitest';
import { createStripe } from '#src/clients/stripe.ts';
import { AppError } from '#src/lib/errors.ts';
import { errorOf, startCards, UNAVAILABLE } from '../support/card-payments.ts';
import { PUBLISHABLE_KEY } from '../support/stripe-sandbox.ts';

const { url, settings, cards, stripe, call, control, key, confirm, refusalOf, newCustomer, newIntent, paidIntent } =
  await startCards();
const account = null;
const noSubscription = {
  idempotencyKey: 'none',
  customerId: 'cus_1',
  priceId: 'price_1',
  trialDays: 0,
  discount: null,
  metadata: {},
};

describe('settings', () => {
  it('say where browsers confirm, and whether money is real', () => {
    expect(cards).toMatchObject({ publishableKey: PUBLISHABLE_KEY, apiBase: url, mode: 'sandbox' });
    const modeOf = (secretKey: string) => createStripe({ ...settings, secretKey, apiUrl: undefined });
    expect(modeOf('sk_test_x')).toMatchObject({ apiBase: 'https://api.stripe.com', mode: 'test' });
    expect([modeOf('sk_live_x').mode, modeOf('rk_live_x').mode, modeOf('rk_test_x').mode]).toEqual([
      'live',
      'live',
      'test',
    ]);
  });
});

describe('customers', () => {
  it('are made once for a key, with or without a name', async () => {
    const idempotencyKey = key();
    const about = { account, idempotencyKey, name: null, email: null, metadata: { userId: 'u2' } };
    const id = await cards.createCustomer(about);
    expect(await cards.createCustomer(about)).toBe(id);
    expect(await stripe.customers.retrieve(id)).toMatchObject({ name: null, email: null, metadata: { userId: 'u2' } });
    expect(await stripe.customers.retrieve(await newCustomer())).toMatchObject({ name: 'Ada' });
  });
});

describe('intents', () => {
  it('are made, found and paid', async () => {
    const made = await newIntent();
    expect(made).toEqual({
      id: expect.stringMatching(/^pi_/),
      status: 'requires_payment_method',
      failure: null,
      amount: 1099,
      amountReceived: 0,
      currency: 'EUR',
      clientSecret: expect.stringMatching(/^pi_\w+_secret_\w+$/),
      metadata: { paymentId: 'p7' },
    });
    const raw = await stripe.paymentIntents.retrieve(made.id);
    expect(raw).toMatchObject({
      currency: 'eur',
      description: 'Order 7',
      automatic_payment_methods: { enabled: true },
    });
    await confirm(made.clientSecret);
    const found = await cards.findIntent({ account, intentId: made.id });
    expect(found).toEqual({ ...made, status: 'succeeded', amountReceived: 1099 });
  });

  it('say why the latest attempt failed, until another succeeds', async () => {
    const made = await newIntent();
    await confirm(made.clientSecret, 'pm_card_visa_chargeDeclinedInsufficientFunds');
    const failed = await cards.findIntent({ account, intentId: made.id });
    expect(failed).toMatchObject({ status: 'requires_payment_method', amountReceived: 0 });
    expect(failed.failure).toEqual({ code: 'insufficient_funds', message: 'Your card has insufficient funds.' });
    await confirm(made.clientSecret, 'pm_card_chargeDeclinedExpiredCard');
    expect((await cards.findIntent({ account, intentId: made.id })).failure?.code).toBe('expired_card');
    await confirm(made.clientSecret);
    expect(await cards.findIntent({ account, intentId: made.id })).toMatchObject({
      status: 'succeeded',
      failure: null,
    });
  });

  it('are canceled, unless they have ended: then they are what they are', async () => {
    const { id: intentId } = await newIntent();
    expect(await cards.cancelIntent({ account, intentId })).toMatchObject({ id: intentId, status: 'canceled' });
    expect(await cards.cancelIntent({ account, intentId })).toMatchObject({ status: 'canceled' });
    const paid = await paidIntent();
    expect(await cards.cancelIntent({ account, intentId: paid.id })).toEqual(paid);
    expect(await refusalOf(cards.cancelIntent({ account, intentId: 'pi_none' }))).toMatchObject({
      code: 'resource_missing',
    });
  });

  it('count as ISO 4217 does, whatever Stripe counts in', async () => {
    for (const [currency, amount, there] of [
      ['ISK', 1500, 150_000],
      ['UGX', 5000, 500_000],
      ['MGA', 990_000, 9900],
      ['JPY', 1500, 1500],
      ['KWD', 1500, 1500],
      ['HUF', 20_000, 20_000],
    ] as const) {
      const made = await newIntent({ amount, currency });
      expect(made).toMatchObject({ amount, currency });
      expect((await stripe.paymentIntents.retrieve(made.id)).amount, currency).toBe(there);
    }
    expect(await refusalOf(newIntent({ amount: 990_050, currency: 'MGA' }))).toMatchObject({
      code: 'invalid_charge_amount',
      param: 'amount',
    });
  });
});

describe('what goes wrong', () => {
  it('is a refusal when the same call would get the same answer', async () => {
    expect(await refusalOf(newIntent({ amount: 10 }))).toMatchObject({
      name: 'CardRefused',
      code: 'amount_too_small',
      param: 'amount',
      declineCode: null,
      message: expect.stringContaining('at least'),
    });
    const missing = await refusalOf(cards.findIntent({ account, intentId: 'pi_none' }));
    expect(missing).toMatchObject({ code: 'resource_missing', message: "No such payment_intent: 'pi_none'" });
    const idempotencyKey = key();
    await newIntent({ idempotencyKey });
    expect(await refusalOf(newIntent({ idempotencyKey }))).toMatchObject({ code: 'idempotency_error' });
  });

  it('passes over one lost connection, and gives up after two, having done it once', async () => {
    const idempotencyKey = key();
    const customerId = await newCustomer();
    const about = { amount: 700, currency: 'EUR', customerId, description: 'Order 8', metadata: {} };
    await call('requests/fail-next', { status: 'drop', count: 2 });
    const error = await errorOf(cards.createIntent({ account, idempotencyKey, ...about }));
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject(UNAVAILABLE);
    expect(error.cause.message).toBe('StripeConnectionError ECONNRESET');
    expect(cards.refusalOf(error)).toBeNull();
    await call('requests/fail-next', { status: 'drop' });
    const made = await cards.createIntent({ account, idempotencyKey, ...about });
    const { data } = await stripe.paymentIntents.list({ customer: customerId });
    expect(data.map(({ id }) => id)).toEqual([made.id]);
  });

  it('is unavailable when the processor is busy, broken or not there', async () => {
    await call('requests/fail-next', { status: 429 });
    const busy = await errorOf(newCustomer());
    expect(busy).toMatchObject(UNAVAILABLE);
    expect(busy.cause.message).toContain('StripeRateLimitError 429 rate_limit');
    for (const status of [409, 500, 503]) {
      await call('requests/fail-next', { status, count: 2 });
      expect(await errorOf(newCustomer()), String(status)).toMatchObject(UNAVAILABLE);
    }
    const nobody = createStripe({ ...settings, apiUrl: 'http://127.0.0.1:1' });
    const error = await errorOf(nobody.findIntent({ account, intentId: 'pi_1' }));
    expect(error).toMatchObject(UNAVAILABLE);
    expect(error.cause.message).toBe('StripeConnectionError ECONNREFUSED');
  });

  it('is unavailable when our own key is no good, and says nothing of the key', async () => {
    const revoked = createStripe({ ...settings, secretKey: 'sk_test_revoked_0123456789' });
    const error = await errorOf(revoked.findIntent({ account, intentId: 'pi_1' }));
    expect(error).toMatchObject(UNAVAILABLE);
    expect(`${error.cause.message}${error.cause.stack}`).not.toMatch(/sk_test|6789/);
    const publishable = createStripe({ ...settings, secretKey: PUBLISHABLE_KEY });
    expect(await errorOf(publishable.createSubscription({ ...noSubscription, account }))).toMatchObject(UNAVAILABLE);
  });
});

describe('refunds', () => {
  it('are made once, in parts, and only of what was paid', async () => {
    const { id: intentId } = await paidIntent();
    const about = { account, intentId, currency: 'EUR', metadata: { refundId: 'r1' } };
    const idempotencyKey = key();
    const first = { ...about, idempotencyKey, amount: 99, reason: 'One bag was torn' };
    const made = await cards.createRefund(first);
    expect(made).toEqual({
      id: expect.stringMatching(/^re_/),
      status: 'succeeded',
      amount: 99,
      currency: 'EUR',
      intentId,
      failureReason: null,
      metadata: { refundId: 'r1' },
    });
    expect(await cards.createRefund(first)).toEqual(made);
    expect(await cards.findRefund({ account, refundId: made.id })).toEqual(made);
    const rest = { ...about, idempotencyKey: key(), amount: 1000, reason: 'duplicate' };
    const { id } = await cards.createRefund(rest);
    expect(await stripe.refunds.retrieve(id)).toMatchObject({ reason: 'duplicate' });
    expect(await refusalOf(cards.createRefund({ ...rest, idempotencyKey: key() }))).toMatchObject({
      code: 'charge_already_refunded',
    });
  });

  it('may fail later', async () => {
    const { id: intentId } = await paidIntent();
    const about = { account, intentId, amount: 500, currency: 'EUR', reason: null, metadata: {} };
    const { id: refundId } = await cards.createRefund({ ...about, idempotencyKey: key() });
    control.failRefund({ id: refundId });
    expect(await cards.findRefund({ account, refundId })).toMatchObject({
      status: 'failed',
      failureReason: 'expired_or_canceled_card',
    });
  });
});

describe('connected accounts', () => {
  it('keep what is theirs', async () => {
    const { id } = await stripe.accounts.create({ country: 'DE' });
    const made = await newIntent({ account: id });
    expect(await cards.findIntent({ account: id, intentId: made.id })).toEqual(made);
    expect(await stripe.paymentIntents.retrieve(made.id, {}, { stripeAccount: id })).toMatchObject({ id: made.id });
    expect(await refusalOf(cards.findIntent({ account, intentId: made.id }))).toMatchObject({
      code: 'resource_missing',
    });
  });

  it('are usable when the platform may see them', async () => {
    const { id } = await stripe.accounts.create();
    expect(await cards.isAccountUsable(id)).toBe(true);
    expect(await cards.isAccountUsable('acct_none')).toBe(false);
    await call('requests/fail-next', { status: 403 });
    expect(await cards.isAccountUsable(id)).toBe(false);
    await call('requests/fail-next', { status: 500, count: 2 });
    expect(await errorOf(cards.isAccountUsable(id))).toMatchObject(UNAVAILABLE);
    const gone = await refusalOf(cards.findIntent({ account: 'not an account', intentId: 'pi_1' }));
    expect(gone).toMatchObject({ code: 'account_invalid' });
  });
});
