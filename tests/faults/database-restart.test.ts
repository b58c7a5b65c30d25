import { describe, expect, it, vi } from 'vitest';
import { type Load, startLoad } from '../support/load.ts';
import { outsideSession } from '../support/outside-session.ts';
import { createBrand } from '../support/people.ts';
import { startPrivatePostgres } from '../support/private-postgres.ts';
import { serverEnvironment, startServer } from '../support/server-process.ts';
import type { TestApp } from '../support/test-app.ts';

const database = await startPrivatePostgres();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each([
  { name: 'an immediate restart', fail: database.restartImmediately },
  {
    name: 'a kill -9 and one second without a database',
    fail: async () => {
      await database.kill();
      await pause(1_000);
      await database.start();
    },
  },
])('case 15, G7: $name under load', ({ fail }) => {
  it('answers 503 meanwhile, succeeds within 2 s of its return, and loses no acknowledged write', async () => {
    const { call, stop, url } = await startServer(serverEnvironment(database.url));
    const brand = await createBrand({ call } as TestApp);
    const load = await startLoad({ call, brand });
    await pause(500);

    const failedAt = performance.now();
    await fail();
    const backAt = performance.now();
    const firstSuccess = await vi.waitFor(() => successAfter(load, backAt), { timeout: 10_000, interval: 10 });
    expect(firstSuccess - backAt).toBeLessThanOrEqual(2_000);
    await pause(500);
    await load.stop();

    expect(load.problems).toEqual([]);
    expect(load.outcomes.filter(({ at, status }) => at > failedAt && status === 503).length).toBeGreaterThan(0);
    await load.verify(outsideSession(database.url));
    await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200), { timeout: 5_000 });
    expect(await stop()).toEqual({ code: 0, signal: null });
  });
});

function successAfter(load: Load, instant: number): number {
  const found = load.outcomes.find(({ at, status }) => at >= instant && status < 300);
  if (!found) throw new Error('no success yet');
  return found.at;
}
