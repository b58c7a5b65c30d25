import { sql as text } from 'drizzle-orm';
import { describe, expect, it, vi } from 'vitest';
import { createDatabase } from '#db/client.ts';
import { databaseFaultOf } from '#src/lib/database-errors.ts';
import { afterFile } from '../support/after-file.ts';
import { createTestDatabase } from '../support/database.ts';
import type { Call } from '../support/http-caller.ts';
import { outsideSession } from '../support/outside-session.ts';
import { createBrand } from '../support/people.ts';
import { serverEnvironment, startServer } from '../support/server-process.ts';
import type { TestApp } from '../support/test-app.ts';

// The acquire timeout is 2 s; the rest is room for a busy machine.
const SOON_MS = 3_000;

describe.concurrent('case 18: the pool is exhausted', () => {
  it('answers 503 with Retry-After, does not run what it gave up, and stays alive', async () => {
    const { url } = await createTestDatabase();
    const sql = outsideSession(url);
    const { call, stop } = await startServer(serverEnvironment(url, { DATABASE_POOL_SIZE: '2' }));
    const { token, path } = await brandWithStore(call);
    await sql`create function slow() returns trigger language plpgsql as
      $$ begin perform pg_sleep(4); return new; end $$`;
    await sql`create trigger slow before update on stores for each row execute function slow()`;
    // Two brands, so that neither waits for a lock of the other.
    const slow = [await brandWithStore(call), await brandWithStore(call)];
    const holders = slow.map((one) =>
      call('PATCH', `${one.path}/${one.storeId}`, { token: one.token, body: { name: 'After' } }),
    );
    await vi.waitFor(async () => {
      const [sleeping] = await sql`
        select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event = 'PgSleep'`;
      expect(sleeping?.['count']).toBe(2);
    });

    const startedAt = performance.now();
    const refused = Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const answer = await call('POST', path, { token, body: { name: `refused ${index}` } });
        return { answer, tookMs: performance.now() - startedAt };
      }),
    );
    const probedAt = performance.now();
    expect((await call('GET', '/health/live')).status).toBe(200);
    expect(performance.now() - probedAt).toBeLessThan(1_000);
    for (const { answer, tookMs } of await refused) {
      expect(answer.status).toBe(503);
      expect(answer.body.error.code).toBe('SERVICE_UNAVAILABLE');
      expect(answer.headers['retry-after']).toMatch(/^\d+$/);
      expect(tookMs).toBeLessThan(SOON_MS);
    }
    // What had a connection was within the limits of the database.
    expect((await Promise.all(holders)).map(({ status }) => status)).toEqual([200, 200]);

    await sql`drop trigger slow on stores`;
    const burst = await Promise.all(Array.from({ length: 20 }, () => call('GET', path, { token })));
    expect(burst.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await sql`select 1 from stores where name like 'refused%'`).toEqual([]);
    expect(await stop()).toEqual({ code: 0, signal: null });
  });

  it('withdraws a transaction that never got a connection, and the pool is whole afterwards', async () => {
    const { url } = await createTestDatabase();
    const { db, close } = createDatabase({ url, poolSize: 1 });
    afterFile(close);
    const holder = db.execute(text`select pg_sleep(3)`).then();
    await new Promise((resolve) => setTimeout(resolve, 50));

    let ran = 0;
    const startedAt = performance.now();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () =>
        db.transaction(async (tx) => {
          ran += 1;
          await tx.execute(text`select 1`);
        }),
      ),
    );
    expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
    const codes = outcomes.map((one) => one.status === 'rejected' && databaseFaultOf(one.reason)?.sqlState);
    expect(codes).toEqual(Array(5).fill('ACQUIRE_TIMEOUT'));
    await holder;

    const rows = await Promise.all(
      [1, 2, 3].map((n) => db.transaction((tx) => tx.execute(text`select ${n}::int as n`))),
    );
    expect(rows.map(([row]) => row?.['n'])).toEqual([1, 2, 3]);
    expect(ran).toBe(0);
  });
});

async function brandWithStore(call: Call) {
  const brand = await createBrand({ call } as TestApp);
  const { token } = brand.owner;
  const path = `stores/tenant/${brand.tenantId}`;
  const store = await call('POST', path, { token, body: { name: 'Before' } });
  expect(store.status, store.text).toBe(201);
  return { token, path, storeId: store.body.data.id };
}
