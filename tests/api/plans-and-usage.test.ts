import { describe, expect, it } from 'vitest';
import { brandOf, headerCaller, type MadeKey, makeApiKey, quickBrand, setPlan } from '../support/idempotent.ts';
import { holdLock, outsideSession, terminateService, waitForBlocked } from '../support/outside-session.ts';
import { type Brand, createBrand } from '../support/people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { serverEnvironment, startServer } from '../support/server-process.ts';
import { type Answer, startTestApp, type TestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'on' });
const rows = openRows(test.url);
const sql = outsideSession(test.url);
const { usage } = test.deps;

const FREE = { minute: 300, month: 100_000 };
const thisMonth = () => `${new Date().toISOString().slice(0, 7)}-01`;
const nextMonth = () => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString();
};

const read = (brand: Brand, key: string, headers: Record<string, string> = {}) =>
  test.call('GET', `stores/tenant/${brand.tenantId}`, { headers: { 'x-api-key': key, ...headers } });

async function reads(count: number, brand: Brand, key: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < count; n += 1) answers.push(await read(brand, key));
  return answers;
}

const statusesOf = (answers: Answer[]) => [...new Set(answers.map(({ status }) => status))];

/** What the month of the brand has left, so many requests before its end. */
const leave = (tenantId: string, left: number, limit = FREE.month) => sql`
  insert into tenant_usage_months (tenant_id, month, requests) values (${tenantId}, ${thisMonth()}, ${limit - left})
  on conflict (tenant_id, month) do update set requests = excluded.requests`;

/** The sums that the database holds: by key, and of the brand's month. */
async function stored(tenantId: string, apiKeyId: string) {
  const [sums] = await sql`
    select coalesce(sum(requests), 0)::int as requests, coalesce(sum(failed), 0)::int as failed,
      (select coalesce(sum(requests), 0)::int from tenant_usage_months where tenant_id = ${tenantId}) as month
    from api_key_usage where tenant_id = ${tenantId} and api_key_id = ${apiKeyId}`;
  return sums;
}

async function verify(brand: Brand, key: string): Promise<string> {
  const headers = { 'x-tenant-id': brand.tenantId };
  const answer = await test.call('POST', 'auth/api-keys/verify', { token: brand.owner.token, headers, body: { key } });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.body.data.valid).toBe(answer.body.data.code === 'VALID');
  return answer.body.data.code;
}

describe('the limit of an API key', () => {
  it.each([
    { plan: 'free', limit: '300' },
    { plan: 'growth', limit: '1500' },
    { plan: 'scale', limit: '6000' },
  ] as const)('is that of the plan $plan, which every answer names', async ({ plan, limit }) => {
    const brand = await quickBrand(test);
    const { key } = await makeApiKey(test, brand);
    await setPlan(rows, brand.tenantId, plan);
    const { headers } = await read(brand, key);
    expect(headers).toMatchObject({ 'x-ratelimit-plan': plan, 'x-ratelimit-limit': limit });
    expect(headers['x-ratelimit-remaining']).toBe(String(Number(limit) - 1));
    const byBearer = await test.call('GET', `stores/tenant/${brand.tenantId}`, { token: key });
    expect(byBearer.headers['x-ratelimit-remaining']).toBe(String(Number(limit) - 2));
    const ownersOwn = await test.call('GET', brand.stores, { token: brand.token });
    expect(ownersOwn.headers).not.toHaveProperty('x-ratelimit-plan');
  });

  it('refuses beyond it without effect, is no other key’s (case 46), and no use of it counts', async () => {
    const brand = await quickBrand(test);
    const [busy, idle] = [await makeApiKey(test, brand), await makeApiKey(test, brand)];
    expect(statusesOf(await reads(FREE.minute, brand, busy.key))).toEqual([200]);
    expect(await verify(brand, busy.key)).toBe('RATE_LIMITED');
    expect(await verify(brand, idle.key)).toBe('VALID');
    await usage.flush();
    const before = await rows.ofTenant(brand.tenantId);
    const refused = await test.call('POST', brand.stores, { token: busy.key, body: { name: 'Too much' } });
    expectRefusal(refused, 429, 'RATE_LIMITED');
    expect(refused.headers['retry-after']).toMatch(/^([1-9]|[1-5]\d|60)$/);
    expect(refused.headers).toMatchObject({ 'x-ratelimit-plan': 'free', 'x-ratelimit-remaining': '0' });
    expect(statusesOf(await reads(20, brand, busy.key))).toEqual([429]);
    await usage.flush();
    expect(await rows.ofTenant(brand.tenantId)).toEqual(before);
    expect(await stored(brand.tenantId, busy.apiKeyId)).toEqual({ requests: 300, failed: 0, month: 300 });

    const other = await read(brand, idle.key);
    expect(other.status).toBe(200);
    expect(other.headers['x-ratelimit-remaining']).toBe('299');
    expect((await test.call('GET', brand.stores, { token: brand.token })).status).toBe(200);
    // A better plan works from the next request on.
    await setPlan(rows, brand.tenantId, 'growth');
    expect((await read(brand, busy.key)).status).toBe(200);
  });

  it('is not used by asking whether the key would be taken', async () => {
    const brand = await quickBrand(test);
    const { key } = await makeApiKey(test, brand);
    expect([await verify(brand, key), await verify(brand, key)]).toEqual(['VALID', 'VALID']);
    expect((await read(brand, key)).headers['x-ratelimit-remaining']).toBe('299');
  });
});

describe('the quota of the month', () => {
  it('is that of all keys of the brand together: used up it is a 402 that says until when', async () => {
    const brand = await quickBrand(test);
    const [first, second] = [await makeApiKey(test, brand), await makeApiKey(test, brand)];
    await leave(brand.tenantId, 3);
    // Counted before they are in the database.
    expect((await read(brand, first.key)).status).toBe(200);
    expect((await read(brand, second.key)).status).toBe(200);
    expect((await read(brand, first.key)).status).toBe(200);
    for (const { key } of [first, second]) {
      const answer = await read(brand, key);
      expectRefusal(answer, 402, 'QUOTA_EXCEEDED');
      expect(answer.body.error.details).toMatchObject({ plan: 'free', limit: FREE.month, resetsAt: nextMonth() });
      const seconds = (Date.parse(nextMonth()) - Date.now()) / 1000;
      expect(Math.abs(Number(answer.headers['retry-after']) - seconds)).toBeLessThan(5);
      expect(answer.headers['x-ratelimit-plan']).toBe('free');
      expect(Number(answer.headers['x-ratelimit-remaining'])).toBeGreaterThan(0);
      expect(await verify(brand, key)).toBe('USAGE_EXCEEDED');
    }
    expect((await test.call('GET', brand.stores, { token: brand.token })).status).toBe(200);
  });

  it('refuses without effect, and what it refuses does not count', async () => {
    const brand = await quickBrand(test);
    const { key, apiKeyId } = await makeApiKey(test, brand);
    await leave(brand.tenantId, 0);
    const before = await rows.ofTenant(brand.tenantId);
    const call = { token: key, body: { name: 'Too much' }, headers: { 'idempotency-key': 'one' } };
    expectRefusal(await test.call('POST', brand.stores, call), 402, 'QUOTA_EXCEEDED');
    await usage.flush();
    expect(await rows.ofTenant(brand.tenantId)).toEqual(before);
    expect(await stored(brand.tenantId, apiKeyId)).toMatchObject({ requests: 0, month: FREE.month });
    // The refusal was not kept under the key.
    await leave(brand.tenantId, 10);
    expect((await test.call('POST', brand.stores, call)).status).toBe(201);
  });

  it('is free again at the first instant of the next month, and not a millisecond before', async () => {
    const brand = await quickBrand(test);
    const { key } = await makeApiKey(test, brand);
    await leave(brand.tenantId, 0);
    const last = new Date(Date.parse(nextMonth()) - 1).toISOString();
    const before = await read(brand, key, { 'x-test-clock': last });
    expectRefusal(before, 402, 'QUOTA_EXCEEDED');
    expect(before.headers['retry-after']).toBe('1');
    expect((await read(brand, key, { 'x-test-clock': nextMonth() })).status).toBe(200);
    expectRefusal(await read(brand, key), 402, 'QUOTA_EXCEEDED');
  });

  it('is larger on a larger plan, without end on the largest, and not that of another brand', async () => {
    const brand = await quickBrand(test);
    const { key } = await makeApiKey(test, brand);
    const sibling = await brandOf(test, brand.owner);
    const siblings = await makeApiKey(test, sibling);
    await leave(brand.tenantId, 0);
    expect((await read(brand, key)).status).toBe(402);
    expect((await read(sibling, siblings.key)).status).toBe(200);
    await setPlan(rows, brand.tenantId, 'growth');
    expect((await read(brand, key)).status).toBe(200);
    await leave(brand.tenantId, 0, 3_000_000);
    expect((await read(brand, key)).status).toBe(402);
    await setPlan(rows, brand.tenantId, 'scale');
    expect((await read(brand, key)).status).toBe(200);
  });
});

describe('usage', () => {
  it('tells what was used by day and operation, failures too, and what is left', async () => {
    const brand = await quickBrand(test);
    const { key, apiKeyId } = await makeApiKey(test, brand);
    await reads(3, brand, key);
    const missing = `${brand.stores}/0192f0c1-2a3b-7c4d-8e5f-60718293a4b5`;
    expect((await test.call('PATCH', missing, { token: key, body: { name: 'x' } })).status).toBe(404);
    const headers = { 'x-tenant-id': brand.tenantId };
    const answer = await test.call('GET', `auth/api-keys/${apiKeyId}/usage`, { token: brand.token, headers });
    const { days, ...report } = answer.body.data;
    expect(report).toMatchObject({ apiKeyId, requests: 4, failed: 1, plan: 'free' });
    expect(report.quota).toEqual({ limit: FREE.month, used: 4, remaining: FREE.month - 4, resetsAt: nextMonth() });
    const operations = [
      { operation: 'listStores', requests: 3, failed: 0 },
      { operation: 'updateStore', requests: 1, failed: 1 },
    ];
    expect(days).toEqual([{ day: new Date().toISOString().slice(0, 10), requests: 4, failed: 1, operations }]);
  });

  it('is exact while counts are being brought to the database', async () => {
    const brand = await quickBrand(test);
    await setPlan(rows, brand.tenantId, 'growth');
    const { key, apiKeyId } = await makeApiKey(test, brand);
    for (let round = 0; round < 10; round += 1) {
      const flushes = [usage.flush(), usage.flush()];
      await Promise.all(Array.from({ length: 40 }, () => read(brand, key)));
      await Promise.all(flushes);
    }
    await usage.flush();
    expect(await stored(brand.tenantId, apiKeyId)).toEqual({ requests: 400, failed: 0, month: 400 });
  });

  it.each(['api_key_usage', 'tenant_usage_months', 'api_keys'])(
    'is kept when it cannot be stored because %s is locked, and counts meanwhile',
    async (table) => {
      const brand = await quickBrand(test);
      const { key, apiKeyId } = await makeApiKey(test, brand);
      await leave(brand.tenantId, 8);
      await reads(3, brand, key);
      const lock = await holdLock(sql, `lock table ${table} in share mode`);
      await usage.flush();
      expect(await stored(brand.tenantId, apiKeyId)).toMatchObject({ requests: 0, month: FREE.month - 8 });
      await reads(5, brand, key);
      expect((await read(brand, key)).status).toBe(402);
      await lock.release();
      await usage.flush();
      expect(await stored(brand.tenantId, apiKeyId)).toEqual({ requests: 8, failed: 0, month: FREE.month });
      expect((await read(brand, key)).status).toBe(402);
    },
  );

  it('is kept when the database ends the session that stores it', async () => {
    const brand = await quickBrand(test);
    const { key, apiKeyId } = await makeApiKey(test, brand);
    await reads(3, brand, key);
    const lock = await holdLock(sql, 'lock table tenant_usage_months in share mode');
    const flushed = usage.flush();
    await waitForBlocked(sql, 1);
    await terminateService(sql);
    await flushed;
    await lock.release();
    expect(await stored(brand.tenantId, apiKeyId)).toMatchObject({ requests: 0, month: 0 });
    // A connection that died in the pool answers 503 before anybody knows whose request it was.
    const later = (await reads(12, brand, key)).filter(({ status }) => status === 200).length;
    expect(later).toBeGreaterThan(0);
    await usage.flush();
    const requests = 3 + later;
    expect(await stored(brand.tenantId, apiKeyId)).toEqual({ requests, failed: 0, month: requests });
  });
});

describe('a stop under key traffic', () => {
  it('loses no use that was acknowledged, and invents none', async () => {
    const server = await startServer(serverEnvironment(test.url, { RATE_LIMITS: 'off', SHUTDOWN_DRAIN_MS: '500' }));
    const brand = await createBrand({ call: server.call } as TestApp);
    const made: MadeKey = await makeApiKey({ call: server.call } as unknown as TestApp, brand);
    const call = headerCaller(server.url);
    const seen = { acknowledged: 0, unanswered: 0 };
    const worker = async () => {
      for (;;) {
        try {
          const headers = { 'x-api-key': made.key };
          const { status } = await call(`stores/tenant/${brand.tenantId}`, { headers });
          expect(status).toBe(200);
          seen.acknowledged += 1;
        } catch (error) {
          const cause = (error as { cause?: { code?: string } }).cause;
          if (cause?.code === 'ECONNREFUSED') return;
          seen.unanswered += 1;
        }
      }
    };
    const workers = Array.from({ length: 8 }, worker);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await server.stop('SIGTERM'), server.stderr()).toEqual({ code: 0, signal: null });
    await Promise.all(workers);
    expect(seen.acknowledged).toBeGreaterThan(100);
    const sums = await stored(brand.tenantId, made.apiKeyId);
    expect(sums?.['requests']).toBeGreaterThanOrEqual(seen.acknowledged);
    expect(sums?.['requests']).toBeLessThanOrEqual(seen.acknowledged + seen.unanswered);
    expect(sums?.['month']).toBe(sums?.['requests']);
  });
});
