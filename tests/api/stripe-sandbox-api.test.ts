import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { startStripeSandbox } from '#src/embedded/stripe-sandbox/start-stripe-sandbox.ts';
import { failureOf, PUBLISHABLE_KEY, SECRET_KEY, sdkFor, startSandbox } from '../support/stripe-sandbox.ts';
import { tempDir } from '../support/temp-dir.ts';

const sandbox = await startSandbox();
const { stripe, browser, url, call } = sandbox;
const order = { amount: 2000, currency: 'usd' };

describe('idempotency', () => {
  it('answers the same for the same key and parameters', async () => {
    const first = await stripe.paymentIntents.create(order, { idempotencyKey: 'same' });
    const second = await stripe.paymentIntents.create(order, { idempotencyKey: 'same' });
    expect(second).toEqual(first);
    expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined();
    expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(second.lastResponse.idempotencyKey).toBe('same');
  });

  it('refuses other parameters and another endpoint', async () => {
    await stripe.paymentIntents.create(order, { idempotencyKey: 'other' });
    for (const promise of [
      stripe.paymentIntents.create({ ...order, amount: 2001 }, { idempotencyKey: 'other' }),
      stripe.customers.create({}, { idempotencyKey: 'other' }),
    ]) {
      const error = await failureOf(promise);
      expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
      expect(error.statusCode).toBe(400);
    }
  });

  it('keeps a declined card, and frees the key of a call that never began', async () => {
    const declined = { ...order, confirm: true, payment_method: 'pm_card_visa_chargeDeclined' };
    const errors = [];
    for (const _ of [1, 2])
      errors.push(await failureOf(stripe.paymentIntents.create(declined, { idempotencyKey: 'no' })));
    expect(errors[1]?.payment_intent?.id).toBe(errors[0]?.payment_intent?.id);
    await failureOf(stripe.paymentIntents.create({ ...order, amount: Number.NaN }, { idempotencyKey: 'free' }));
    expect(await stripe.paymentIntents.create(order, { idempotencyKey: 'free' })).toMatchObject(order);
  });

  it('has one effect when a hundred come at once, and 409 for those in between', async () => {
    const before = (await stripe.customers.list({ limit: 100 })).data.length;
    const many = Array.from({ length: 100 }, () => stripe.customers.create({}, { idempotencyKey: 'many' }));
    const settled = await Promise.allSettled(many);
    const ids = new Set(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : [])));
    expect(ids.size).toBe(1);
    for (const one of settled) if (one.status === 'rejected') expect(one.reason.statusCode).toBe(409);
    expect((await stripe.customers.list({ limit: 100 })).data.length).toBe(before + 1);
    const retrying = sdkFor(url, { maxNetworkRetries: 3 });
    const pair = [1, 2].map(() => retrying.customers.create({}, { idempotencyKey: 'pair' }));
    const [one, two] = await Promise.all(pair);
    expect(one?.id).toBe(two?.id);
  });

  it('finds the effect of a call whose answer was lost', async () => {
    await call('requests/fail-next', { status: 'drop' });
    const retrying = sdkFor(url, { maxNetworkRetries: 2 });
    const made = await retrying.paymentIntents.create(order, { idempotencyKey: 'lost' });
    expect(made.lastResponse.headers['idempotent-replayed']).toBe('true');
  });
});

describe('reading', () => {
  it('expands, also in lists and in depth', async () => {
    const customer = await stripe.customers.create({ name: 'Ann', metadata: { a: '1', b: '2' } });
    const paid = { ...order, customer: customer.id, confirm: true, payment_method: 'pm_card_visa' };
    const { id } = await stripe.paymentIntents.create(paid);
    const list = await stripe.paymentIntents.list({
      customer: customer.id,
      expand: ['data.customer', 'data.latest_charge.payment_intent', 'data.payment_method'],
    });
    expect(list.data[0]?.customer).toMatchObject({ name: 'Ann' });
    expect(list.data[0]?.latest_charge).toMatchObject({ object: 'charge', payment_intent: { id } });
    const error = await failureOf(stripe.paymentIntents.retrieve(id, { expand: ['amount'] }));
    expect(error).toMatchObject({ statusCode: 400, message: 'This property cannot be expanded (amount).' });
    const changed = await stripe.customers.update(customer.id, { metadata: { a: '', c: '3' } });
    expect(changed.metadata).toEqual({ b: '2', c: '3' });
    expect(JSON.stringify(list)).not.toMatch(/"_/);
  });

  it('pages both ways, and by itself', async () => {
    const made: string[] = [];
    for (let index = 0; index < 25; index += 1) made.push((await stripe.products.create({ name: `p${index}` })).id);
    const newest = [...made].reverse();
    const first = await stripe.products.list({ limit: 10 });
    expect(first).toMatchObject({ object: 'list', has_more: true, url: '/v1/products' });
    expect(first.data.map(({ id }) => id)).toEqual(newest.slice(0, 10));
    const next = await stripe.products.list({ limit: 10, starting_after: newest[9] });
    expect(next.data.map(({ id }) => id)).toEqual(newest.slice(10, 20));
    const back = await stripe.products.list({ limit: 10, ending_before: newest[10] });
    expect(back.data.map(({ id }) => id)).toEqual(newest.slice(0, 10));
    const all = await stripe.products.list({ limit: 7 }).autoPagingToArray({ limit: 100 });
    expect(all.map(({ id }) => id)).toEqual(newest);
    expect(await failureOf(stripe.products.list({ limit: 101 }))).toMatchObject({ param: 'limit' });
    const { data } = await stripe.products.list({ created: { gt: Math.floor(Date.now() / 1000) + 60 } });
    expect(data).toEqual([]);
  });

  it('has customers, products and prices that change and go', async () => {
    const customer = await stripe.customers.create({ email: 'x@example.com' });
    expect(await stripe.customers.del(customer.id)).toMatchObject({ deleted: true });
    expect(await failureOf(stripe.customers.retrieve(customer.id))).toMatchObject({ code: 'resource_missing' });
    const product = await stripe.products.create({
      name: 'Mug',
      default_price_data: { currency: 'eur', unit_amount: 900 },
    });
    const shown = await stripe.products.retrieve(product.id, { expand: ['default_price'] });
    expect(shown.default_price).toMatchObject({ unit_amount: 900, type: 'one_time' });
    const price = await stripe.prices.create({
      product: product.id,
      currency: 'eur',
      unit_amount: 500,
      recurring: { interval: 'month' },
    });
    expect(price).toMatchObject({ type: 'recurring', recurring: { interval: 'month', interval_count: 1 } });
    expect(String(price.unit_amount_decimal)).toBe('500');
    expect((await stripe.prices.list({ product: product.id, type: 'recurring' })).data).toHaveLength(1);
    expect(await stripe.prices.update(price.id, { active: false })).toMatchObject({ active: false });
  });
});

describe('refusals', () => {
  it('are the error classes of the SDK', async () => {
    const missing = await failureOf(stripe.paymentIntents.retrieve('pi_missing'));
    expect(missing).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
      message: "No such payment_intent: 'pi_missing'",
    });
    expect(missing.requestId).toMatch(/^req_/);
    const param = await failureOf(stripe.paymentIntents.create({ ...order, customer: 'cus_missing' }));
    expect(param).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' });
    const none = await failureOf(stripe.paymentIntents.create({ currency: 'usd' } as Stripe.PaymentIntentCreateParams));
    expect(none).toMatchObject({ code: 'parameter_missing', param: 'amount', type: 'StripeInvalidRequestError' });
    const { hostname, port } = new URL(url);
    const stranger = new Stripe('sk_test_wrong', { host: hostname, port, protocol: 'http' });
    expect(await failureOf(stranger.customers.list())).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect((await fetch(`${url}/v1/customers`)).status).toBe(401);
    expect((await fetch(`${url}/v1/nothing`, { headers: { authorization: `Bearer ${SECRET_KEY}` } })).status).toBe(404);
  });

  it('takes the key as a basic user too', async () => {
    const authorization = `Basic ${Buffer.from(`${SECRET_KEY}:`).toString('base64')}`;
    expect((await fetch(`${url}/v1/customers`, { headers: { authorization } })).status).toBe(200);
  });
});

describe('a browser', () => {
  it('may do what its client secret opens, and nothing else', async () => {
    const { id, client_secret } = await stripe.paymentIntents.create({ ...order, metadata: { secret: 'yes' } });
    const seen = await browser(`/v1/payment_intents/${id}`, { client_secret: client_secret ?? '' }, 'GET');
    expect(seen).toMatchObject({ status: 200, body: { id, amount: 2000, status: 'requires_payment_method' } });
    expect(seen.body).not.toHaveProperty('metadata');
    expect(await browser(`/v1/payment_intents/${id}`, {}, 'GET')).toMatchObject({ status: 400 });
    const wrong = await browser(`/v1/payment_intents/${id}/confirm`, {
      client_secret: `${id}_secret_no`,
      payment_method: 'pm_card_visa',
    });
    expect(wrong.body.error.code).toBe('payment_intent_invalid_parameter');
    for (const [path, method] of [
      ['/v1/customers', 'GET'],
      ['/v1/payment_intents', 'POST'],
      [`/v1/payment_intents/${id}/cancel`, 'POST'],
    ]) {
      const refused = await browser(path ?? '', {}, method);
      expect(refused).toMatchObject({ status: 403, body: { error: { code: 'secret_key_required' } } });
    }
    const card = {
      type: 'card',
      'card[number]': '4242424242424242',
      'card[exp_month]': '1',
      'card[exp_year]': '40',
      key: PUBLISHABLE_KEY,
    };
    const method = await browser('/v1/payment_methods', card);
    expect(method.body).toMatchObject({ object: 'payment_method', card: { last4: '4242', exp_year: 2040 } });
    expect(await browser('/v1/payment_methods', { ...card, 'card[number]': '4242424242424241' })).toMatchObject({
      status: 402,
    });
  });

  it('is allowed by CORS', async () => {
    const headers = { origin: 'http://shop.example', 'access-control-request-headers': 'authorization' };
    const answer = await fetch(`${url}/v1/payment_intents/pi_1/confirm`, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-headers')).toBe('authorization');
    const form = await fetch(`${url}/_sandbox/reset`, { method: 'POST', body: new URLSearchParams({}) });
    expect(form.status).toBe(415);
    expect(await (await fetch(url)).text()).toContain('development equipment');
  });
});

describe('connected accounts', () => {
  it('live apart', async () => {
    const options = { stripeAccount: 'acct_one', idempotencyKey: 'account' };
    const { id } = await stripe.customers.create({ name: 'One' }, options);
    const other = await stripe.customers.create({ name: 'Two' }, { ...options, stripeAccount: 'acct_two' });
    expect(other.id).not.toBe(id);
    expect(await stripe.customers.retrieve(id, {}, { stripeAccount: 'acct_one' })).toMatchObject({ name: 'One' });
    for (const where of [{}, { stripeAccount: 'acct_two' }]) {
      expect(await failureOf(stripe.customers.retrieve(id, {}, where))).toMatchObject({ statusCode: 404 });
    }
    const made = await stripe.accounts.create({ type: 'standard', country: 'FR' });
    expect(await stripe.accounts.retrieve(made.id)).toMatchObject({
      object: 'account',
      charges_enabled: true,
      country: 'FR',
    });
    const events = await stripe.events.list({ type: 'customer.created' }, { stripeAccount: 'acct_one' });
    expect(events.data).toMatchObject([{ account: 'acct_one', data: { object: { id } } }]);
  });
});

it('does not start in production, nor beyond loopback', async () => {
  const options = { dir: tempDir(), secretKey: 'a', publishableKey: 'b', webhookSecret: 'c' };
  await expect(startStripeSandbox({ ...options, environment: 'production' })).rejects.toThrow('production');
  await expect(startStripeSandbox({ ...options, host: '0.0.0.0' })).rejects.toThrow('loopback');
});
