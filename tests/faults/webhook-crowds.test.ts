import { describe, expect, it, vi } from 'vitest';
import { createResolve } from '#src/clients/resolve-host.ts';
import { createWebhooks } from '#src/clients/webhooks.ts';
import { newId } from '#src/lib/ids.ts';
import { sealText } from '#src/lib/sealed-text.ts';
import { newSigningSecret } from '#src/lib/signing-secret.ts';
import { afterFile } from '../support/after-file.ts';
import { startNameServer } from '../support/name-server.ts';
import { createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createEndpoint, happen, startHookReceiver, startSender } from '../support/webhooks.ts';

const test = await startTestApp({ WEBHOOKS_ALLOW_LOOPBACK: 'on' });
const { sql } = openRows(test.url);
startSender(test);

/** It never answers what is sent to /slow. */
const receiver = await startHookReceiver((response) => {
  if (!response.req.url?.startsWith('/slow')) response.end('ok');
});
const at = (path: string) => `http://127.0.0.1:${receiver.port}${path}`;
const arrived = (brand: { tenantId: string }) =>
  receiver.messages.filter(({ body }) => body.tenantId === brand.tenantId).length;

/** How long it takes until the brand is told of so many events of now. */
async function told(brand: { tenantId: string }, count: number): Promise<number> {
  const startedAt = Date.now();
  for (let n = 0; n < count; n += 1) await happen(test, brand);
  await vi.waitFor(() => expect(arrived(brand)).toBe(count), { timeout: 14_000, interval: 20 });
  return Date.now() - startedAt;
}

describe('nobody is delayed (29)', () => {
  it('by another brand whose endpoint is at the same host and dead', { timeout: 40_000 }, async () => {
    const [dead, alive] = [await createBrand(test), await createBrand(test)];
    await createEndpoint(test, dead, { url: at('/slow') });
    await createEndpoint(test, alive, { url: at('/fast') });
    for (let n = 0; n < 100; n += 1) await happen(test, dead);
    await vi.waitFor(() => expect(arrived(dead)).toBe(64), { timeout: 5_000 });
    expect(await told(alive, 5)).toBeLessThan(2_000);
  });

  it('by hundreds of endpoints that are dead', { timeout: 60_000 }, async () => {
    const dead = await createBrand(test);
    const rows = Array.from({ length: 300 }, (_, index) => {
      const id = newId();
      const secret = sealText(test.deps.webhookKey, { text: newSigningSecret(), owner: id });
      return { id, secret, url: at(`/slow/${index}`) };
    });
    await sql`insert into webhook_endpoints
        (tenant_id, id, url, events, active, secret, from_position, failing_since, created_at, updated_at)
      select ${dead.tenantId}, id, url, '{}', true, secret, 0, now(), now(), now()
      from jsonb_to_recordset(${sql.json(rows)}) as one(id uuid, url text, secret text)`;
    await sql`insert into webhook_deliveries
        (tenant_id, id, endpoint_id, event_id, event_type, position, status, next_attempt_at, created_at)
      select tenant_id, uuidv7(), id, uuidv7(), 'webhook.test', 0, 'pending', now(), now()
      from webhook_endpoints, generate_series(1, 10) where tenant_id = ${dead.tenantId}`;
    await vi.waitFor(() => expect(arrived(dead)).toBeGreaterThanOrEqual(350), { timeout: 10_000 });
    const alive = await createBrand(test);
    await createEndpoint(test, alive, { url: at('/fast') });
    expect(await told(alive, 20)).toBeLessThan(3_000);
  });

  it('by a name server that keeps silent', { timeout: 40_000 }, async () => {
    const { server } = await startNameServer({ 'dead.example': null, 'alive.example': '127.0.0.1' });
    const client = createWebhooks({ allowLoopback: true, version: 'test', resolve: createResolve([server]) });
    afterFile(() => client.close());
    const send = (url: string) => {
      const message = {
        url,
        id: newId(),
        at: new Date(),
        body: Buffer.from('{"tenantId":"dns"}'),
        secrets: ['whsec_MfKQ9r8GKYqrTwjU'],
      };
      return client.send(message, new AbortController().signal);
    };
    const silent = Array.from({ length: 64 }, () => send(`http://dead.example:${receiver.port}/`));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const startedAt = Date.now();
    expect(await send(`http://alive.example:${receiver.port}/fast`)).toMatchObject({ statusCode: 200, error: null });
    expect(Date.now() - startedAt).toBeLessThan(1_000);
    expect(await send(`http://unknown.example:${receiver.port}/`)).toMatchObject({ statusCode: null, error: 'dns' });
    expect(await send(`http://localhost:${receiver.port}/fast`)).toMatchObject({ statusCode: 200 });
    for (const answer of await Promise.all(silent)) expect(answer.error).toBe('dns');
  });
});
