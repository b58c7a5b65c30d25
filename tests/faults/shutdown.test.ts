import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { afterFile } from '../support/after-file.ts';
import { createTestDatabase } from '../support/database.ts';
import { keepAliveClient, type Reply } from '../support/keep-alive-client.ts';
import { startLoad } from '../support/load.ts';
import { holdLock, outsideSession, waitForBlocked } from '../support/outside-session.ts';
import { createBrand } from '../support/people.ts';
import { serverEnvironment, startServer } from '../support/server-process.ts';
import type { TestApp } from '../support/test-app.ts';

const { url: databaseUrl } = await createTestDatabase();
const sql = outsideSession(databaseUrl);
const DRAIN_MS = 3_000;
const CLEAN_EXIT = { code: 0, signal: null };

const start = (drainMs = DRAIN_MS) =>
  startServer(serverEnvironment(databaseUrl, { SHUTDOWN_DRAIN_MS: String(drainMs) }));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('G8: SIGTERM under load', () => {
  it('says so on readiness first, finishes every request, and exits 0 within 10 s', async () => {
    const { call, stop, stdout, stderr } = await start();
    const brand = await createBrand({ call } as TestApp);
    const slow = await createBrand({ call } as TestApp);
    const load = await startLoad({ call, brand });
    expect((await call('GET', '/health/ready')).status).toBe(200);

    const signalledAt = performance.now();
    const exit = stop('SIGTERM');
    const ready = await vi.waitFor(
      async () => {
        const answer = await call('GET', '/health/ready');
        expect(answer.status).toBe(503);
        return answer;
      },
      { timeout: 1_000, interval: 20 },
    );
    expect(ready.body.error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', details: { reason: 'draining' } });
    expect((await call('GET', '/health/live')).status).toBe(200);

    // A balancer that has seen readiness soon sends nothing new.
    await pause(300);
    await load.stop();
    const servedWhileDraining = load.outcomes.filter(({ at }) => at > signalledAt).length;

    // A request that is still in flight after the listener has closed: it waits for a row.
    await pause(DRAIN_MS - 800 - (performance.now() - signalledAt));
    const lock = await holdLock(sql, `select 1 from tenants where id = '${slow.tenantId}' for update`);
    const path = `tenants/${slow.tenantId}`;
    const pending = call('PATCH', path, { token: slow.owner.token, body: { name: 'Slow' } });
    await waitForBlocked(sql, 1);
    await vi.waitFor(() => expect(call('GET', '/health/live')).rejects.toThrow(), { timeout: 5_000, interval: 20 });
    await lock.release();

    expect((await pending).status).toBe(200);
    expect(await exit, stderr()).toEqual(CLEAN_EXIT);
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
    expect(load.problems).toEqual([]);
    expect(servedWhileDraining).toBeGreaterThan(0);
    await load.verify(sql);
    expect(stdout()).toContain('shutting down');
  });

  it('tells kept connections to close, so that no request is lost with them', async () => {
    const { url, stop } = await start(2_000);
    const replies: Reply[] = [];
    const clients = Array.from({ length: 20 }, () => keepAliveClient(url));
    const done = Promise.all(
      clients.map(async (get) => {
        for (;;) {
          const reply = await get('/api/v1/tenants/public/nobody');
          replies.push(reply);
          if (reply.kind !== 'answer') return;
        }
      }),
    );
    await pause(300);
    expect(await stop('SIGTERM')).toEqual(CLEAN_EXIT);
    await done;

    const answers = replies.filter((reply) => reply.kind === 'answer');
    expect(replies.filter(({ kind }) => kind === 'dropped')).toEqual([]);
    expect(answers.filter(({ body }) => JSON.parse(body).success !== false)).toEqual([]);
    expect(answers[0]?.connection).toBe('keep-alive');
    expect(answers.at(-1)?.connection).toBe('close');
  });
});

describe.concurrent('G8: SIGTERM beside a client that is in no hurry', () => {
  it.each([
    { name: 'nothing', text: '' },
    { name: 'half a request', text: 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{' },
  ])('exits 0 within 10 s though it sends $name', async ({ text }) => {
    const { url, stop } = await start(0);
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(text)).on('error', () => {});
    afterFile(() => socket.destroy());
    await pause(300);
    const signalledAt = performance.now();
    expect(await stop('SIGTERM')).toEqual(CLEAN_EXIT);
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
  });
});

describe.concurrent('case 23: an end that is not clean has an exit code that says so', () => {
  it('a second signal ends it at once', async () => {
    const { stop, url, pid } = await start(8_000);
    const exit = stop('SIGTERM');
    await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(503));
    const secondAt = performance.now();
    process.kill(pid, 'SIGTERM');
    const { code } = await exit;
    expect(code).toBeGreaterThan(0);
    expect(performance.now() - secondAt).toBeLessThan(3_000);
  });

  it.each([
    { name: 'uncaught exception', fault: `throw new Error('planted')` },
    { name: 'unhandled rejection', fault: `void Promise.reject(new Error('planted'))` },
  ])('$name', async ({ fault }) => {
    const plant = `process.on('SIGWINCH', () => setImmediate(() => { ${fault} }))`;
    const env = serverEnvironment(databaseUrl);
    const { stop, stdout } = await startServer(env, ['--import', `data:text/javascript,${encodeURIComponent(plant)}`]);
    const { code } = await stop('SIGWINCH');
    expect(code).toBeGreaterThan(0);
    const fatal = stdout()
      .split('\n')
      .find((line) => line.includes('uncaught error'));
    expect(JSON.parse(fatal ?? '{}')).toMatchObject({ level: 60, err: { message: 'planted' } });
  });
});
