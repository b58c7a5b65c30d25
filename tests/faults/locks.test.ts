import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { holdLock, outsideSession, terminateService, waitForBlocked } from '../support/outside-session.ts';
import { createBrand } from '../support/people.ts';
import { serverEnvironment, startServer } from '../support/server-process.ts';
import type { TestApp } from '../support/test-app.ts';

const { url } = await createTestDatabase();
const sql = outsideSession(url);
const server = await startServer(serverEnvironment(url));
const { call } = server;

async function brandWithStore() {
  const brand = await createBrand({ call } as TestApp);
  const path = `stores/tenant/${brand.tenantId}`;
  const store = await call('POST', path, { token: brand.owner.token, body: { name: 'Before' } });
  expect(store.status, store.text).toBe(201);
  return { ...brand, token: brand.owner.token, path, storeId: store.body.data.id };
}

describe('case 19: a lock held by somebody else', () => {
  it('answers 503 within the lock timeout and changes nothing', async () => {
    const { tenantId, token, path, storeId } = await brandWithStore();
    const lock = await holdLock(sql, `select 1 from tenants where id = '${tenantId}' for update`);
    const startedAt = performance.now();
    const answer = await call('PATCH', `${path}/${storeId}`, { token, body: { name: 'After' } });
    const tookMs = performance.now() - startedAt;
    await lock.release();

    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ success: false, error: { code: 'SERVICE_UNAVAILABLE', statusCode: 503 } });
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    // lock_timeout is 2 s: later than that it would be the statement timeout of 5 s that ended it.
    expect(tookMs).toBeLessThan(4_000);
    expect(await sql`select name from stores where id = ${storeId}`).toEqual([{ name: 'Before' }]);
    const again = await call('PATCH', `${path}/${storeId}`, { token, body: { name: 'After' } });
    expect(again.status).toBe(200);
  });

  it('waits for a lock that is soon released', async () => {
    const { tenantId, token, path, storeId } = await brandWithStore();
    const lock = await holdLock(sql, `select 1 from tenants where id = '${tenantId}' for update`);
    const pending = call('PATCH', `${path}/${storeId}`, { token, body: { name: 'After' } });
    await waitForBlocked(sql, 1);
    await lock.release();
    expect((await pending).status).toBe(200);
  });
});

describe('case 17: a session killed in the middle of its transaction', () => {
  it('leaves no half transaction behind the 503', async () => {
    const brand = await createBrand({ call } as TestApp);
    const { token } = brand.owner;
    const path = `stores/tenant/${brand.tenantId}`;
    // The store is inserted, and the write that makes it the default waits here.
    const lock = await holdLock(sql, `select 1 from tenants where id = '${brand.tenantId}' for no key update`);
    const pending = call('POST', path, { token, body: { name: 'Half' } });
    await waitForBlocked(sql, 1);
    const [waiting] = await sql`
      select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    expect(waiting?.['query']).toMatch(/^update "tenants"/);
    await terminateService(sql);
    const answer = await pending;
    await lock.release();

    expect(answer.status).toBe(503);
    expect(answer.body.error.code).toBe('SERVICE_UNAVAILABLE');
    expect(await sql`select id from stores where tenant_id = ${brand.tenantId}`).toEqual([]);
    const again = await call('POST', path, { token, body: { name: 'Whole' } });
    expect(again.status, again.text).toBe(201);
    expect(again.body.data.isDefault).toBe(true);
  });
});
