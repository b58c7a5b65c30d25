import { request } from 'node:http';
import type { Sql } from 'postgres';
import { describe, expect, it, vi } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import {
  everything,
  expectFresh,
  headerCaller,
  isReplay,
  keyed,
  newKey,
  openStoreWith,
  quickBrand,
} from '../support/idempotent.ts';
import { holdLock, outsideSession, waitForBlocked } from '../support/outside-session.ts';
import { createBrand } from '../support/people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type RunningServer, serverEnvironment, startServer } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { type Answer, startTestApp, type TestApp } from '../support/test-app.ts';

const test = await startTestApp();
const rows = openRows(test.url);
const session = outsideSession(test.url);
const openHere = openStoreWith(test);
const stored = ({ tenantId }: { tenantId: string }) => storesOf({ sql: session, tenantId });
const { url } = await createTestDatabase();
const sql = outsideSession(url);
// One environment for all: a token of one process is good for the next.
const env = serverEnvironment(url);
const start = () => startServer({ ...env, DATA_DIR: tempDir() });

const KILLS = 30;
const WORKERS = 6;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Of = { sql: Sql; tenantId: string };
const storesOf = ({ sql, tenantId }: Of) => sql`select id, name from stores where tenant_id = ${tenantId} order by id`;
const auditOf = ({ sql, tenantId }: Of) =>
  sql`select target_id as id from audit_entries where tenant_id = ${tenantId} and action = 'store.created' order by 1`;

/** One store for each audit entry, and the names are these. */
async function expectStores(of: Of, names: string[]): Promise<void> {
  const stores = await storesOf(of);
  expect(stores.map(({ name }) => name).sort()).toEqual([...names].sort());
  expect(await auditOf(of)).toEqual(stores.map(({ id }) => ({ id })));
}

describe('a client that leaves in the middle', () => {
  it('loses nothing: its retry gets the answer', async () => {
    const brand = await quickBrand(test);
    const key = newKey();
    const base = await test.app.listen({ port: 0, host: '127.0.0.1' });
    const lock = await holdLock(session, `select 1 from tenants where id = '${brand.tenantId}' for update`);
    const headers = { ...keyed(key), authorization: `Bearer ${brand.token}`, 'content-type': 'application/json' };
    const sent = request(`${base}/api/v1/${brand.stores}`, { method: 'POST', headers }).on('error', () => {});
    sent.end(JSON.stringify({ name: 'Left' }));
    await waitForBlocked(session, 1);
    sent.destroy();
    await lock.release();
    await expect.poll(() => stored(brand)).toHaveLength(1);
    const retry = await openHere(brand, key, { name: 'Left' });
    expect([retry.status, isReplay(retry)], retry.text).toEqual([201, true]);
    expect(retry.body.data.id).toBe((await stored(brand))[0]?.['id']);
  });
});

describe('a database', () => {
  it.each([
    { name: 'in the middle', when: 'before insert on stores for each row' },
    { name: 'with its last write', when: 'before insert on idempotent_answers for each row' },
    { name: 'at the commit', when: 'after insert on stores deferrable initially deferred for each row' },
  ])('that refuses $name: nothing is left, nothing is kept, and the retry runs', async ({ when }) => {
    const brand = await quickBrand(test);
    const key = newKey();
    const kind = when.includes('deferrable') ? 'constraint trigger' : 'trigger';
    await session`create or replace function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'planted'; end $$`;
    await session.unsafe(`create ${kind} refuse ${when} execute function refuse()`);
    const before = await everything(rows);
    const refused = await openHere(brand, key, { name: 'Refused' });
    expectRefusal(refused, 500, 'INTERNAL_ERROR');
    expect(await everything(rows)).toEqual(before);
    await session.unsafe(`drop trigger refuse on ${when.includes('idempotent') ? 'idempotent_answers' : 'stores'}`);
    expectFresh(await openHere(brand, key, { name: 'Refused' }), 201);
    await expectStores({ sql: session, tenantId: brand.tenantId }, ['Refused']);
  });
});

async function brandOn({ call }: RunningServer) {
  const { tenantId, owner } = await createBrand({ call } as TestApp);
  return { tenantId, path: `stores/tenant/${tenantId}`, headers: { authorization: `Bearer ${owner.token}` } };
}
type Brand = Awaited<ReturnType<typeof brandOn>>;

const open = ({ url: base }: RunningServer, brand: Brand, key: string, name: string): Promise<Answer> =>
  headerCaller(base)(brand.path, { method: 'POST', headers: { ...brand.headers, ...keyed(key) }, body: { name } });

/** What a client does: the same again, until there is an answer that is one. */
async function openAtLast(server: RunningServer, brand: Brand, key: string, name: string): Promise<Answer> {
  for (;;) {
    const answer = await open(server, brand, key, name);
    if (answer.status !== 409) return answer;
    expectRefusal(answer, 409, 'IDEMPOTENCY_IN_PROGRESS');
    await pause(20);
  }
}

describe('kill -9 while a store is being opened', () => {
  const MOMENTS = [
    {
      name: 'before the store is written',
      lock: (id: string) => `select 1 from tenants where id = '${id}' for update`,
    },
    {
      name: 'after the store is written',
      lock: (id: string) => `select 1 from tenants where id = '${id}' for no key update`,
    },
    { name: 'before the audit entry is written', lock: () => 'lock table audit_entries in share mode' },
    { name: 'before the answer is written', lock: () => 'lock table idempotent_answers in share mode' },
  ];

  it.each(MOMENTS)('$name: nothing of it is left, and the retry opens one', async ({ lock: statement }) => {
    const [doomed, heir] = await Promise.all([start(), start()]);
    const [brand, key] = [await brandOn(doomed), newKey()];
    const lock = await holdLock(sql, statement(brand.tenantId));
    const lost = open(doomed, brand, key, 'Held').catch((error: Error) => error);
    await waitForBlocked(sql, 1);
    await doomed.stop('SIGKILL');
    expect(await lost).toBeInstanceOf(Error);
    // The database does not know yet that nobody waits for its answer.
    expectRefusal(await open(heir, brand, key, 'Held'), 409, 'IDEMPOTENCY_IN_PROGRESS');
    await lock.release();
    expectFresh(await openAtLast(heir, brand, key, 'Held'), 201);
    await expectStores({ sql, tenantId: brand.tenantId }, ['Held']);
    expect((await heir.stop()).code).toBe(0);
  });

  it('while the database commits: the store is there, and the retry gets the answer that nobody saw', async () => {
    const [doomed, heir] = await Promise.all([start(), start()]);
    const [brand, key] = [await brandOn(doomed), newKey()];
    await sql`create function slow() returns trigger language plpgsql as
      $$ begin perform pg_sleep(1.5); return null; end $$`;
    await sql`create constraint trigger slow after insert on stores deferrable initially deferred
      for each row execute function slow()`;
    const lost = open(doomed, brand, key, 'Committed').catch((error: Error) => error);
    await vi.waitFor(async () => {
      const sleeping = await sql`
        select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
      expect(sleeping).toHaveLength(1);
    });
    await doomed.stop('SIGKILL');
    expect(await lost).toBeInstanceOf(Error);
    expectRefusal(await open(heir, brand, key, 'Committed'), 409, 'IDEMPOTENCY_IN_PROGRESS');
    const answer = await openAtLast(heir, brand, key, 'Committed');
    expect([answer.status, isReplay(answer)], answer.text).toEqual([201, true]);
    await sql`drop trigger slow on stores`;
    await expectStores({ sql, tenantId: brand.tenantId }, ['Committed']);
    expect((await storesOf({ sql, tenantId: brand.tenantId }))[0]?.['id']).toBe(answer.body.data.id);
    expect((await heir.stop()).code).toBe(0);
  });

  it(`at ${KILLS} random moments: each key ends with one store, and what was acknowledged is it`, async () => {
    let next = start();
    const brand = await brandOn(await next);
    const acknowledged = new Map<string, string>();
    const mine: string[] = Array.from({ length: WORKERS }, () => newKey());
    const used = new Set<string>();
    const wrong: string[] = [];

    const work = async (server: RunningServer, worker: number) => {
      for (;;) {
        const key = mine[worker] as string;
        used.add(key);
        const answer = await openAtLast(server, brand, key, key).catch(() => null);
        if (answer === null) return;
        if (answer.status !== 201) wrong.push(`${answer.status} ${answer.text}`);
        else acknowledged.set(key, answer.body.data.id);
        mine[worker] = newKey();
      }
    };
    const moments: number[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const server = await next;
      next = start();
      const working = mine.map((_key, worker) => work(server, worker));
      // Every other one in full work, the rest as early as it comes.
      const before = acknowledged.size;
      const isEarly = kill % 2 === 0;
      if (!isEarly) await vi.waitUntil(() => acknowledged.size > before, { timeout: 10_000, interval: 1 });
      const moment = Math.random() * (isEarly ? 400 : 60);
      moments.push(Math.round(moment));
      await pause(moment);
      await server.stop('SIGKILL');
      await Promise.all(working);
    }

    const last = await next;
    expect(wrong, `killed after ${moments} ms`).toEqual([]);
    expect(acknowledged.size).toBeGreaterThanOrEqual(KILLS / 2);
    expect(used.size).toBeGreaterThan(acknowledged.size);
    for (const key of used) {
      const answer = await openAtLast(last, brand, key, key);
      expect(answer.status, answer.text).toBe(201);
      if (acknowledged.has(key)) expect([answer.body.data.id, isReplay(answer)]).toEqual([acknowledged.get(key), true]);
    }
    await expectStores({ sql, tenantId: brand.tenantId }, [...used]);
    expect((await last.stop()).code).toBe(0);
  }, 240_000);
});
