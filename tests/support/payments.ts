import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { expect, vi } from 'vitest';
import { buildApp } from '#src/app.ts';
import type { CardPayments } from '#src/clients/card-payments.ts';
import { fixedClock } from '#src/clients/clock.ts';
import type { Deps } from '#src/context.ts';
import { createDeps } from '#src/deps.ts';
import { signature } from '#src/embedded/stripe-sandbox/webhooks.ts';
import { checkPayments } from '#src/payments/check-payments.ts';
import { checkRefunds } from '#src/payments/check-refunds.ts';
import { afterFile } from './after-file.ts';
import { quickBrand } from './keys.ts';
import { quickPerson } from './quick-people.ts';
import { WEBHOOK_SECRET } from './stripe-sandbox.ts';
import type { Answer, TestApp } from './test-app.ts';

/** From now on the sandbox really delivers its signed webhooks to the application, over HTTP. */
export async function connectWebhooks({ app, sandbox }: TestApp): Promise<void> {
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  sandbox.setWebhookUrl(`${address}/api/v1/stripe/webhook`);
}

/** Waits until everything that the sandbox has to tell is told. */
export async function told({ sandbox }: TestApp): Promise<void> {
  await vi.waitFor(() => expect(sandbox.control.isIdle()).toBe(true), { timeout: 10_000, interval: 10 });
}

export const CARDS = {
  visa: 'pm_card_visa',
  mastercard: 'pm_card_mastercard',
  amex: 'pm_card_amex',
  declined: 'pm_card_chargeDeclined',
  noFunds: 'pm_card_chargeDeclinedInsufficientFunds',
  authentication: 'pm_card_authenticationRequired',
  /** Charged at once, paid some days later. */
  bank: 'pm_usBankAccount_success',
  refundPending: 'pm_card_pendingRefund',
  refundFails: 'pm_card_refundFail',
} as const;

/** What a browser does with a client secret: confirms with a card. */
export async function confirm({ sandbox }: TestApp, clientSecret: string, card: string = CARDS.visa) {
  const intentId = clientSecret.split('_secret_')[0];
  return sandbox.browser(`/v1/payment_intents/${intentId}/confirm`, {
    client_secret: clientSecret,
    payment_method: card,
    return_url: 'http://shop.example/done',
  });
}

export type Shop = Awaited<ReturnType<typeof openShop>>;

/** A brand with one product, its owner, and a buyer. */
export async function openShop(test: TestApp, product: object = {}) {
  const { tenantId, subdomain, owner } = await quickBrand(test);
  const sell = async (fields: object = {}) => {
    const body = { name: 'Beans', price: { amount: 1500, currency: 'EUR' }, status: 'active', ...fields };
    const saved = await test.call('POST', 'tenants/brand/products', {
      token: owner.token,
      body,
      headers: { 'x-tenant-id': tenantId },
    });
    expect(saved.status, saved.text).toBeLessThan(300);
    return saved.body.data as { id: string; version: number };
  };
  const { id: productId } = await sell(product);
  const buyer = await quickPerson(test, 'buyer');
  return { tenantId, subdomain, owner, buyer, productId, sell };
}

export type Order = {
  token?: string;
  productId?: string;
  quantity?: number;
  key?: string;
  items?: object[];
  body?: object;
  card?: string;
  clock?: Date;
};

/** The buyer begins a payment. */
export function order(
  test: Pick<TestApp, 'call'>,
  shop: Shop,
  { token, productId, quantity = 1, key, items, body, clock }: Order = {},
) {
  const { tenantId, buyer } = shop;
  return test.call('POST', 'payments/create', {
    token: token ?? buyer.token,
    body: { tenantId, items: items ?? [{ productId: productId ?? shop.productId, quantity }], ...body },
    headers: { ...(key && { 'idempotency-key': key }), ...(clock && { 'x-test-clock': clock.toISOString() }) },
  });
}

/** A payment that the buyer has made and that has succeeded here, too. */
export async function buy(test: TestApp, shop: Shop, input: Order = {}) {
  const created = await order(test, shop, input);
  expect(created.status, created.text).toBe(201);
  const { payment, card } = created.body.data;
  if (card) await confirm(test, card.clientSecret, input.card);
  await told(test);
  const paid = await test.call('GET', `payments/${payment.id}`, { token: input.token ?? shop.buyer.token });
  expect(paid.body.data.status, paid.text).toBe('succeeded');
  return paid.body.data;
}

export function statusOf(answer: Answer): string {
  return answer.body.data.status;
}

/** The payment as its buyer reads it. */
export async function readPayment(test: TestApp, { buyer }: Pick<Shop, 'buyer'>, paymentId: string) {
  const answer = await test.call('GET', `payments/${paymentId}`, { token: buyer.token });
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
}

/** A payment that is begun and that nobody has paid. */
export async function begin(test: TestApp, shop: Shop, input: Order = {}) {
  const created = await order(test, shop, input);
  expect(created.status, created.text).toBe(201);
  const { payment, card } = created.body.data;
  return { payment, card, id: payment.id as string, clientSecret: card?.clientSecret as string };
}

/** What the buyer does at the page of their bank. */
export function authenticate({ sandbox }: TestApp, clientSecret: string, outcome: 'succeed' | 'fail' = 'succeed') {
  const [intentId] = clientSecret.split('_secret_');
  return sandbox.call(`authenticate/${intentId}`, { client_secret: clientSecret, outcome });
}

/** The same dependencies at another instant: what a job does then. */
export function depsAt(test: TestApp, at: Date): Deps {
  return { ...test.deps, clock: fixedClock(at) };
}

export const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);

/** Another process of the service, on the same database. */
export async function secondInstance(
  test: TestApp,
  cards: Partial<CardPayments> = {},
): Promise<Pick<TestApp, 'app' | 'deps' | 'call'>> {
  const log = pino({ level: 'silent' });
  const made = createDeps(test.deps.config, log);
  const deps = { ...made, mailer: test.deps.mailer, cards: { ...made.cards, ...cards } };
  const app = await buildApp(deps, log);
  await app.ready();
  afterFile(async () => {
    await app.close();
    await deps.close();
  });
  return { app, deps, call: callerOf(app) };
}

function callerOf(app: FastifyInstance): TestApp['call'] {
  return async (method, path, { token, body, headers, ...rest } = {}) => {
    const response = await app.inject({
      method: method as 'GET',
      url: `/api/v1/${path}`,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { payload: body as object }),
      ...rest,
    });
    const { statusCode: status, body: text } = response;
    return { status, text, headers: response.headers, body: response.json() };
  };
}

/** Gives money back, as whoever has the token. */
export function refund(
  test: Pick<TestApp, 'call'>,
  paymentId: string,
  { token, amount, reason, key, query = '' }: Refunding,
): Promise<Answer> {
  return test.call('POST', `payments/refund/${paymentId}${query}`, {
    token,
    body: { ...(amount !== undefined && { amount }), ...(reason !== undefined && { reason }) },
    ...(key && { headers: { 'idempotency-key': key } }),
  });
}

type Refunding = { token: string; amount?: number; reason?: string; key?: string; query?: string };

/** The stock of the product as its brand reads it. */
export async function stockOf(test: TestApp, { tenantId, owner, productId }: Shop, id = productId): Promise<number> {
  const answer = await test.call('GET', `tenants/${tenantId}/products/${id}`, { token: owner.token });
  return answer.body.data.stock;
}

/** How much of the product the buyer owns by payments. */
export async function ownedBy(test: TestApp, { tenantId, buyer }: Shop, token = buyer.token): Promise<number> {
  const answer = await test.call('GET', `tenants/${tenantId}/user/products?limit=100`, { token });
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data.reduce((sum: number, { quantity }: { quantity: number }) => sum + quantity, 0);
}

/** An event as the processor would tell it, signed now unless something else is said. */
export function tell(test: Pick<TestApp, 'call'>, event: object | string, given: Telling = {}): Promise<Answer> {
  const { secret = WEBHOOK_SECRET, at = Date.now(), header, clock } = given;
  const payload = typeof event === 'string' ? event : JSON.stringify(event);
  const stamp = header === undefined ? signature(payload, { secret, at }) : header;
  return test.call('POST', 'stripe/webhook', {
    headers: {
      'content-type': 'application/json',
      ...(stamp !== null && { 'stripe-signature': stamp }),
      ...(clock && { 'x-test-clock': clock.toISOString() }),
    },
    payload,
  });
}

type Telling = { secret?: string; at?: number; header?: string | null; clock?: Date };

/** An event around an object of the processor. */
export function eventOf(type: string, object: object, change: object = {}) {
  const created = Math.floor(Date.now() / 1000);
  const id = `evt_test${randomUUID().replaceAll('-', '')}`;
  const about = { api_version: '2026-10-28.endive', created, livemode: false, pending_webhooks: 1, request: null };
  return { id, object: 'event', type, ...about, data: { object: { ...object } }, ...change };
}

/**
 * What jobs do at another instant. The webhooks of what they do wait meanwhile: those are received by the clock on the wall,
 * to which a payment that has expired then is one that is canceled too early.
 */
export async function atAnotherTime<T>({ sandbox: { control } }: TestApp, work: () => Promise<T>): Promise<T> {
  const { isPaused } = control.settings();
  control.pause();
  try {
    return await work();
  } finally {
    if (!isPaused) control.resume();
  }
}

/** The sweeper's work so many minutes from now, until it finds nothing that is due. */
export function sweepIn(test: TestApp, minutes: number): Promise<void> {
  const deps = depsAt(test, inMinutes(minutes));
  return atAnotherTime(test, async () => {
    while ((await checkPayments(deps)) > 0);
    while ((await checkRefunds(deps)) > 0);
  });
}

export function cancel(test: Pick<TestApp, 'call'>, paymentId: string, token: string, headers = {}): Promise<Answer> {
  return test.call('POST', `payments/${paymentId}/cancel`, { token, headers });
}
