import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { outsideSession } from '../support/outside-session.ts';
import { type RunningServer, serverEnvironment, startServer } from '../support/server-process.ts';
import { startSandbox } from '../support/stripe-sandbox.ts';
import { tempDir } from '../support/temp-dir.ts';

const KILLS = 50;
const STOCK = 1_000;
const PASSWORD = 'quiet-harbour-41';
const UNPAID = 'pm_card_chargeDeclined';

const { url } = await createTestDatabase();
const sql = outsideSession(url);
const sandbox = await startSandbox();
const port = await freePort();
sandbox.setWebhookUrl(`http://127.0.0.1:${port}/api/v1/stripe/webhook`);
// One environment for all: a token of one process is good for the next.
const env = serverEnvironment(url, { STRIPE_API_URL: sandbox.url, PORT: String(port) });
const start = () => startServer({ ...env, DATA_DIR: tempDir() });

/** Any port that is free now: the webhooks of all processes go to one address. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: free } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return free;
}

type Shop = { tenantId: string; productId: string; token: string };

async function openShop({ url: base }: RunningServer): Promise<Shop> {
  const body = { email: 'owner@crash.example', password: PASSWORD };
  const registered = await post(base, 'auth/register', body);
  const token = registered.body.data.accessToken;
  const brand = await post(base, 'tenants', { name: 'Crash', subdomain: 'crash', currency: 'EUR' }, { token });
  const product = { name: 'Beans', price: { amount: 1500, currency: 'EUR' }, status: 'active', stock: STOCK };
  const saved = await post(base, 'tenants/brand/products', product, { token });
  return { tenantId: brand.body.data.id, productId: saved.body.data.id, token };
}

async function post(base: string, path: string, body: object, { token = '', key = '' } = {}) {
  const headers = {
    'content-type': 'application/json',
    ...(token && { authorization: `Bearer ${token}` }),
    ...(key && { 'idempotency-key': key }),
  };
  const init = { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(20_000) };
  const answer = await fetch(`${base}/api/v1/${path}`, init);
  return { status: answer.status, body: (await answer.json()) as any };
}

/** A client who has left never comes back with the key: what they began is the service's own to bring to an end. */
type Flow = { key: string; isDeclined: boolean; isRefunded: boolean; hasLeft: boolean; paymentId?: string };

/** What a client does with one key until it has an answer: create, confirm, and sometimes refund. */
async function run(base: string, { shop, flow }: { shop: Shop; flow: Flow }): Promise<void> {
  const { tenantId, productId, token } = shop;
  const order = { tenantId, items: [{ productId, quantity: 1 }] };
  const created = await insist(() => post(base, 'payments/create', order, { token, key: flow.key }));
  expect(created.status, JSON.stringify(created.body)).toBe(201);
  const { payment, card } = created.body.data;
  flow.paymentId = payment.id;
  const method = flow.isDeclined ? UNPAID : 'pm_card_visa';
  const fields = { client_secret: card.clientSecret, payment_method: method };
  await sandbox.browser(`/v1/payment_intents/${card.paymentIntentId}/confirm`, fields);
  if (!flow.isRefunded || flow.isDeclined) return;
  // Until the payment has heard of its success there is nothing to refund, and a refusal is kept under its key.
  const status = async () => (await fetch(`${base}/api/v1/payments/status/${payment.trackingId}`)).json() as any;
  await vi.waitFor(async () => expect((await status()).data.status).toBe('succeeded'), {
    timeout: 40_000,
    interval: 100,
  });
  const refund = () => post(base, `payments/refund/${payment.id}`, { amount: 700 }, { token, key: `r-${flow.key}` });
  const refunded = await insist(refund);
  expect(refunded.status, JSON.stringify(refunded.body)).toBe(201);
}

/** Again while the answer is that the first request still runs, or that the service cannot answer now. */
async function insist(call: () => ReturnType<typeof post>) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await call();
    const isToBeRepeated = answer.status === 503 || answer.body?.error?.code === 'IDEMPOTENCY_IN_PROGRESS';
    if (!isToBeRepeated || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const charges = async () => {
  const all = await sandbox.stripe.charges.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 });
  return all.filter(({ status }) => status === 'succeeded');
};

describe('kill -9 in the middle of payments', () => {
  it(`${KILLS} times: each payment is charged once, and none stays where it was`, { timeout: 600_000 }, async () => {
    let server = await start();
    const shop = await openShop(server);
    const flows: Flow[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const now = Array.from({ length: 3 }, (_, index): Flow => {
        const isRefunded = (kill + index) % 3 === 0;
        return { key: randomUUID(), isDeclined: (kill + index) % 7 === 0, isRefunded, hasLeft: kill % 2 === 1 };
      });
      flows.push(...now);
      const begun = now.map((flow) => run(server.url, { shop, flow }).catch(() => {}));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 250));
      await server.stop('SIGKILL');
      await Promise.race([Promise.all(begun), new Promise((resolve) => setTimeout(resolve, 50))]);
      server = await start();
    }
    const back = flows.filter(({ hasLeft }) => !hasLeft);
    await Promise.all(back.map((flow) => run(server.url, { shop, flow })));
    await expectRight(flows);
    await server.stop();
  });
});

/** Within a minute of the last start the books of both sides agree. */
async function expectRight(flows: Flow[]): Promise<void> {
  await vi.waitFor(async () => expect(await disagreements()).toEqual([]), { timeout: 60_000, interval: 500 });
  const payments = await sql`select * from payments`;
  const answered = flows.flatMap(({ paymentId }) => paymentId ?? []);
  expect(new Set(answered).size).toBe(answered.length);
  expect(answered.length).toBeGreaterThanOrEqual(flows.length / 2);
  const ids = payments.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(answered));
  expect(ids.length).toBeLessThanOrEqual(flows.length);
  const succeeded = payments.filter(({ status }) => status === 'succeeded');
  const charged = await charges();
  expect(charged.map(({ payment_intent: intent }) => intent).sort()).toEqual(
    succeeded.map(({ intent_id: intent }) => intent).sort(),
  );
  const refunded = charged.reduce((sum, charge) => sum + charge.amount_refunded, 0);
  expect(refunded).toBe(succeeded.reduce((sum, payment) => sum + Number(payment['refunded_amount']), 0));
  const [books] = await sql`select
    (select count(*)::int from owned_products where taken_back_at is null) as owned,
    (select count(*)::int from effects where kind = 'product' and taken_back_at is null) as given,
    (select count(*)::int from events where type = 'payment.succeeded') as told,
    (select count(*)::int from effects where kind = 'stock' and taken_back_at is null) as held,
    (select ${STOCK}::int - stock from products) as taken`;
  const count = succeeded.length;
  expect(books).toEqual({ owned: count, given: count, told: count, held: ids.length, taken: ids.length });
}

/** Payments whose intent says something else, or that have none; intents of no payment; refunds that are not made. */
async function disagreements(): Promise<unknown[]> {
  const intents = await sandbox.stripe.paymentIntents.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 });
  const statuses = new Map(intents.map(({ id, status }) => [id, status]));
  const payments = await sql`select id, status, intent_id from payments`;
  const wrong = payments.filter(({ status, intent_id: intent }) => {
    const isPaid = statuses.get(intent) === 'succeeded';
    return !statuses.has(intent) || isPaid !== (status === 'succeeded');
  });
  const known = new Set(payments.map(({ intent_id: intent }) => intent));
  const owed = await sql`select id, status from refunds where status <> 'succeeded'`;
  return [...wrong, ...intents.filter(({ id }) => !known.has(id)), ...owed];
}
