import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { outsideSession } from '../support/outside-session.ts';
import { type RunningServer, serverEnvironment, startServer } from '../support/server-process.ts';
import { startHookReceiver, verified } from '../support/webhooks.ts';

const { url } = await createTestDatabase();
const sql = outsideSession(url);
const env = serverEnvironment(url, { WEBHOOKS_ALLOW_LOOPBACK: 'on' });
const receiver = await startHookReceiver();

async function openShop(server: RunningServer) {
  const post = async (path: string, body: object, token = '') => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    return (await (await fetch(`${server.url}/api/v1/${path}`, init)).json()) as any;
  };
  const registered = await post('auth/register', { email: 'owner@hooks.example', password: 'quiet-harbour-41' });
  const token = registered.data.accessToken;
  await post('tenants', { name: 'Hooks', subdomain: 'hooks', currency: 'EUR' }, token);
  const made = await post('webhooks/endpoints', { url: receiver.url, events: ['*'] }, token);
  const save = (name: string) =>
    post('tenants/brand/products', { name, price: { amount: 1, currency: 'EUR' }, externalId: randomUUID() }, token);
  return { secret: made.data.secret as string, save };
}

describe('kill -9 of the process that delivers (13)', () => {
  it('in the middle of a delivery: the same webhook-id again', { timeout: 120_000 }, async () => {
    const first = await startServer(env);
    const { secret, save } = await openShop(first);
    // It hangs up on nobody, and answers nobody.
    receiver.answer(() => {});
    await save('Beans');
    await receiver.until(1);
    await first.stop('SIGKILL');
    receiver.answer((response) => void response.end('ok'));
    const second = await startServer(env);
    // What the dead process had taken is due again after its lease.
    await receiver.until(2, 60_000);
    const [before, after] = receiver.messages;
    expect(after?.id).toBe(before?.id);
    expect(after?.text).toBe(before?.text);
    for (const message of receiver.messages) expect(verified(message, secret).id).toBe(before?.id);
    await second.stop();
    const rows = await sql`select status, jsonb_array_length(attempts) as attempts from webhook_deliveries`;
    expect([...rows]).toEqual([{ status: 'succeeded', attempts: 1 }]);
  });

  it('at any moment: every event arrives, and no id is new for an old event', { timeout: 180_000 }, async () => {
    receiver.messages.length = 0;
    receiver.answer((response) => void setTimeout(() => response.end('ok'), Math.random() * 50));
    let server = await startServer(env);
    const token = (await (
      await fetch(`${server.url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'owner@hooks.example', password: 'quiet-harbour-41' }),
      })
    ).json()) as any;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token.data.accessToken}` };
    for (let kill = 0; kill < 5; kill += 1) {
      const saving = Array.from({ length: 20 }, (_, n) =>
        fetch(`${server.url}/api/v1/tenants/brand/products`, {
          method: 'POST',
          headers,
          body: JSON.stringify({ name: `P${kill}-${n}`, price: { amount: 1, currency: 'EUR' } }),
        }).catch(() => {}),
      );
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 600));
      await server.stop('SIGKILL');
      await Promise.all(saving);
      server = await startServer(env);
    }
    const stored = (await sql`select id from events where data->>'name' like 'P%' order by id`).map(({ id }) => id);
    expect(stored.length).toBeGreaterThan(20);
    const arrived = () => [...new Set(receiver.messages.map(({ id }) => id))].sort();
    const deadline = Date.now() + 60_000;
    while (arrived().length < stored.length && Date.now() < deadline) await new Promise((r) => setTimeout(r, 200));
    expect(arrived()).toEqual(stored);
    await server.stop();
  });
});
