import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { afterFile } from '../support/after-file.ts';
import { launchServer, serverEnvironment } from '../support/server-process.ts';

/** A port that takes connections and never says a word: a database behind a firewall, or frozen. */
const silent = createServer(() => {});
await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
afterFile(() => void silent.close());
const { port: silentPort } = silent.address() as { port: number };

describe.concurrent('case 16: the database is down at the start', () => {
  it.each([
    { name: 'nothing listens', url: 'postgres://shop:hunter2-canary@127.0.0.1:9/shop', reason: /^ECONNREFUSED$/ },
    {
      name: 'it never answers',
      url: `postgres://shop:hunter2-canary@127.0.0.1:${silentPort}/shop`,
      reason: /^(CONNECT|ACQUIRE)_TIMEOUT$/,
    },
  ])('$name: live, not ready, then an exit with one clear line', async ({ url, reason }) => {
    const server = launchServer(serverEnvironment(url));
    const address = await server.listening();
    const startedAt = performance.now();

    expect((await fetch(`${address}/health/live`)).status).toBe(200);
    const ready = await fetch(`${address}/health/ready`);
    expect(ready.status).toBe(503);
    expect(ready.headers.get('retry-after')).toMatch(/^\d+$/);
    const { error } = (await ready.json()) as { error: { code: string; details: object } };
    expect(error.code).toBe('SERVICE_UNAVAILABLE');
    expect(error.details).toMatchObject({
      reason: 'database_unavailable',
      checks: { database: { status: 'down' }, storage: { status: 'up' } },
    });
    const query = await fetch(`${address}/api/v1/tenants/public/acme`);
    expect(query.status).toBe(503);
    expect((await fetch(`${address}/health/live`)).status).toBe(200);

    const { code } = await server.exited;
    expect(code).toBe(1);
    // It waited: a database that starts beside the service gets its time.
    expect(performance.now() - startedAt).toBeGreaterThan(8_000);
    const port = new URL(url).port;
    const line = /^TTConnect did not start: The database at 127\.0\.0\.1:(\d+)\/shop does not answer \((\w+)\)\.\n$/;
    expect(server.stderr()).toMatch(line);
    expect(line.exec(server.stderr())?.[1]).toBe(port);
    expect(line.exec(server.stderr())?.[2]).toMatch(reason);
    expect(server.stdout()).not.toContain('hunter2-canary');
  });
});
