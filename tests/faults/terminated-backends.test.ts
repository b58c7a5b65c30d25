import { expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { startLoad } from '../support/load.ts';
import { outsideSession, terminateService } from '../support/outside-session.ts';
import { createBrand } from '../support/people.ts';
import { serverEnvironment, startServer } from '../support/server-process.ts';
import type { TestApp } from '../support/test-app.ts';

const { url } = await createTestDatabase();
const sql = outsideSession(url);

it('case 14: all backends terminated ten times under load', async () => {
  const { call, stop, stdout } = await startServer(serverEnvironment(url));
  const brand = await createBrand({ call } as TestApp);
  const load = await startLoad({ call, brand });
  for (let kill = 0; kill < 10; kill += 1) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    await terminateService(sql).catch((error) => expect.fail(`${error}: ${stdout().slice(-1_000)}`));
  }
  const lastKill = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 500));
  await load.stop();

  expect(load.problems).toEqual([]);
  const statuses = new Set(load.outcomes.map(({ status }) => status));
  expect([...statuses].sort()).toEqual([200, 201, 503]);
  // It heals: an answer soon, and then not one refusal in a burst larger than the pool.
  const first = load.outcomes.find(({ at, status }) => at > lastKill && status < 300);
  expect(first?.at).toBeLessThan(lastKill + 2_000);
  const burst = await Promise.all(
    Array.from({ length: 40 }, () => call('GET', `tenants/${brand.tenantId}`, { token: brand.owner.token })),
  );
  expect(burst.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  await load.verify(sql);
  expect(await stop()).toEqual({ code: 0, signal: null });
});
