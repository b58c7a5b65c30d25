import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { afterFile } from '../support/after-file.ts';
import { ROOT } from '../support/source-files.ts';
import {
  PUBLISHABLE_KEY,
  SECRET_KEY,
  sdkFor,
  startReceiver,
  startSandbox,
  WEBHOOK_SECRET,
} from '../support/stripe-sandbox.ts';
import { tempDir } from '../support/temp-dir.ts';

const order = { amount: 2000, currency: 'usd', confirm: true, payment_method: 'pm_card_visa' };
const CHAIN = ['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded'];

async function world() {
  const receiver = await startReceiver();
  const sandbox = await startSandbox({ webhookUrl: receiver.url });
  const idle = () => vi.waitFor(() => expect(sandbox.control.isIdle()).toBe(true), { timeout: 10_000, interval: 20 });
  return { ...sandbox, receiver, idle };
}

describe('deliveries', () => {
  it('are signed, in order, and the events that the API lists', async () => {
    const { stripe, receiver, idle } = await world();
    const { id, lastResponse } = await stripe.paymentIntents.create(order, { idempotencyKey: 'k' });
    await idle();
    expect(receiver.types()).toEqual(CHAIN);
    const { event, headers } = receiver.received[2] ?? {};
    expect(event).toMatchObject({ object: 'event', api_version: '2026-10-28.endive', data: { object: { id } } });
    expect(event?.request).toEqual({ id: lastResponse.requestId, idempotency_key: 'k' });
    expect(headers?.['stripe-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
    const listed = await stripe.events.list();
    expect(listed.data.map(({ type }) => type)).toEqual([...CHAIN].reverse());
    expect(await stripe.events.retrieve(event?.id ?? '')).toEqual(event);
  });

  it('are repeated until they are answered with 2xx, and the others wait', async () => {
    const { stripe, receiver, idle, call } = await world();
    receiver.answers.push(500, 301);
    await stripe.paymentIntents.create(order);
    await idle();
    expect(receiver.types()).toEqual(CHAIN);
    expect(new Set(receiver.refused).size).toBe(1);
    const { data } = await call('deliveries');
    expect(data[0].attempts.map(({ status }: { status: number }) => status)).toEqual([500, 301, 200]);
  });

  it('come twice, backwards, late or not at all when a test wants it', async () => {
    const { stripe, receiver, idle, call } = await world();
    const pay = () => stripe.paymentIntents.create(order);
    const took = async () => {
      await idle();
      return receiver.received.splice(0).map(({ event }) => event.type as string);
    };
    await call('deliveries/duplicate', { count: 1 });
    await pay();
    expect((await took()).filter((type) => type === CHAIN[0])).toHaveLength(2);
    await call('deliveries/reverse', { count: 3 });
    await pay();
    expect(await took()).toEqual([...CHAIN].reverse());
    await call('deliveries/drop', { count: 1 });
    await pay();
    expect(await took()).toEqual(CHAIN.slice(1));
    await call('deliveries/pause', {});
    const { id } = await pay();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(receiver.received).toEqual([]);
    await call('deliveries/resume', { order: 'reverse' });
    expect(await took()).toEqual([...CHAIN].reverse());
    const { data } = await stripe.events.list({ type: 'payment_intent.succeeded', limit: 1 });
    expect(data[0]?.data.object).toMatchObject({ id });
    await call('deliveries/replay', { event: data[0]?.id });
    expect(await took()).toEqual(['payment_intent.succeeded']);
  });

  it('wait in order for a receiver that is away', async () => {
    const { stripe, receiver, idle, setWebhookUrl } = await world();
    setWebhookUrl('http://127.0.0.1:9/nobody');
    await stripe.paymentIntents.create(order);
    await new Promise((resolve) => setTimeout(resolve, 300));
    setWebhookUrl(receiver.url);
    await idle();
    expect(receiver.types()).toEqual(CHAIN);
  });

  it('of connected accounts name the account', async () => {
    const { stripe, receiver, idle } = await world();
    await stripe.customers.create({}, { stripeAccount: 'acct_x' });
    await idle();
    expect(receiver.received[0]?.event.account).toBe('acct_x');
  });
});

describe('what is on disk', () => {
  it('survives a restart, with the webhooks that wait, and forgets only on demand', async () => {
    const dir = tempDir();
    const first = await startSandbox({ dir });
    const options = { idempotencyKey: 'before' };
    const made = await first.stripe.paymentIntents.create(order, options);
    await first.call('clock/advance', { days: 2 });
    await first.stop();
    appendFileSync(join(dir, 'journal.jsonl'), '[{"in":"/customers","id":"half');
    const receiver = await startReceiver();
    const second = await startSandbox({ dir, webhookUrl: receiver.url });
    const again = await second.stripe.paymentIntents.create(order, options);
    expect(again).toEqual(made);
    await receiver.until('payment_intent.succeeded');
    expect(receiver.types()).toEqual(CHAIN);
    expect(second.control.now()).toBeGreaterThanOrEqual(Math.floor(Date.now() / 1000) + 2 * 86_400 - 1);
    await second.call('reset', {});
    expect((await second.stripe.paymentIntents.list()).data).toEqual([]);
  });

  it('loses no acknowledged write to kill -9', async () => {
    const dir = tempDir();
    const made: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const child = await launch(dir);
      const stripe = sdkFor(child.url);
      const work = async () => {
        for (;;) made.push((await stripe.paymentIntents.create(order)).id);
      };
      const workers = [1, 2, 3, 4].map(() => work().catch(() => {}));
      await new Promise((resolve) => setTimeout(resolve, 200 + round * 70));
      child.kill();
      await Promise.all(workers);
    }
    expect(made.length).toBeGreaterThan(20);
    const { stripe } = await startSandbox({ dir });
    const kept = await stripe.paymentIntents.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    const states = new Map(kept.map(({ id, status }) => [id, status]));
    expect(made.filter((id) => states.get(id) !== 'succeeded')).toEqual([]);
    // No half transaction: each intent has its charge.
    const charges = await stripe.charges.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
    expect(charges.length).toBe(kept.length);
  });
});

it('answers to loopback names alone', async () => {
  const { url } = await startSandbox();
  const status = await new Promise((resolve) => {
    request(`${url}/`, { headers: { host: 'evil.example' } }, (answer) => resolve(answer.statusCode)).end();
  });
  expect(status).toBe(421);
});

async function launch(dir: string) {
  const options = { dir, secretKey: SECRET_KEY, publishableKey: PUBLISHABLE_KEY, webhookSecret: WEBHOOK_SECRET };
  const script = `import { startStripeSandbox } from './src/embedded/stripe-sandbox/start-stripe-sandbox.ts';
    process.stdout.write((await startStripeSandbox(${JSON.stringify(options)})).url + '\\n');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  afterFile(() => child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim())),
  );
  return { url, kill: () => child.kill('SIGKILL') };
}
