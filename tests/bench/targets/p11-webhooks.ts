import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { newId } from '#src/lib/ids.ts';
import { sealText } from '#src/lib/sealed-text.ts';
import { deriveKey } from '#src/lib/secrets.ts';
import { newSigningSecret } from '#src/lib/signing-secret.ts';
import { type Bench, baselineFile } from '../bench.ts';
import { alternate, type Target } from '../measurements.ts';
import { freePort, outputOf, startNode, waitForOk } from '../processes.ts';

const ENDPOINTS = 10;
const EVENTS = 10_000;
const AT_ONCE = 40;
const RECEIVER = fileURLToPath(new URL('../hook-receiver.ts', import.meta.url));
const DATA = { id: newId(), name: 'Espresso beans', price: { amount: 990, currency: 'EUR' }, note: 'x'.repeat(400) };

export const webhooks: Target = {
  id: 'P11',
  title: `Webhooks: ${EVENTS} events, each to ${ENDPOINTS} endpoints of its brand: dispatched, signed, sent and noted`,
  target: '>= 0.5 x the same client sending bare',
  run: async (bench) => {
    const port = await startReceiver(bench);
    const appSecret = randomBytes(48).toString('base64');
    const sql = postgres(bench.databaseUrl, { max: 1, onnotice: () => {} });
    bench.onEnd(() => sql.end());
    const tenantId = await fillEndpoints(sql, { appSecret, port });
    // Development equipment: loopback is refused in production.
    const env = { NODE_ENV: 'test', WEBHOOKS_ALLOW_LOOPBACK: 'on', APP_SECRET: appSecret, ROLE: 'worker' };
    const service = await bench.startService('all', env);
    await deliver(sql, { tenantId, count: EVENTS / 4 });
    const figures = await alternate(bench.options.rounds, {
      ours: () => deliver(sql, { tenantId, count: EVENTS }),
      baseline: () => sendBare(port),
    });
    await service.stop();
    return [{ what: 'messages', unit: '/s', ...figures, goal: { of: 'ratio', atLeast: 0.5 } }];
  },
};

type Sql = ReturnType<typeof postgres>;
type Load = { tenantId: string; count: number };

async function startReceiver({ onEnd }: Bench): Promise<number> {
  const port = await freePort();
  const { child, stop } = startNode({ args: [RECEIVER, String(port)] });
  onEnd(stop);
  await waitForOk(`http://127.0.0.1:${port}/`, { child, startedAt: performance.now() });
  return port;
}

async function fillEndpoints(sql: Sql, { appSecret, port }: { appSecret: string; port: number }): Promise<string> {
  const key = deriveKey(appSecret, 'webhook-secrets');
  const [brand] = await sql<{ id: string }[]>`select id from tenants order by id limit 1`;
  const tenantId = brand?.id ?? '';
  for (let index = 0; index < ENDPOINTS; index += 1) {
    const id = newId();
    const secret = sealText(key, { text: newSigningSecret(), owner: id });
    await sql`insert into webhook_endpoints
      (tenant_id, id, url, events, active, secret, from_position, created_at, updated_at)
      values (${tenantId}, ${id}, ${`http://127.0.0.1:${port}/${index}`}, '{*}', true, ${secret}, 0, now(), now())`;
  }
  return tenantId;
}

/** Writes the events in one go and waits until all have arrived and are noted: messages a second. */
async function deliver(sql: Sql, { tenantId, count }: Load): Promise<number> {
  await sql`insert into events (tenant_id, id, type, object_type, object_id, sequence, data, created_at)
    select ${tenantId}, uuidv7(), 'product.created', 'product', uuidv7(), 1, ${sql.json(DATA)}, now()
    from generate_series(1, ${count}::int)`;
  const startedAt = performance.now();
  for (;;) {
    const [row] = await sql`select (select position from webhook_cursor) >= (select max(position) from events)
      and not exists (select 1 from webhook_batches)
      and not exists (select 1 from webhook_deliveries where status = 'pending') as done`;
    if (row?.['done']) return (count * ENDPOINTS * 1000) / (performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function sendBare(port: number): Promise<number> {
  const event = {
    id: newId(),
    type: 'product.created',
    timestamp: new Date(),
    tenantId: newId(),
    sequence: 1,
    data: DATA,
  };
  const settings = {
    port,
    endpoints: ENDPOINTS,
    atOnce: AT_ONCE,
    count: EVENTS * ENDPOINTS,
    body: JSON.stringify(event),
  };
  const running = startNode({ args: [baselineFile('webhooks'), JSON.stringify(settings)], stdout: 'pipe' });
  return JSON.parse(await outputOf(running)).perSecond;
}
