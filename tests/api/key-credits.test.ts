import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  creditCalls,
  daily,
  expectExhausted,
  later,
  monthAfter,
  monthly,
  nextMonth,
  now,
  passed,
  startCreditsApp,
  statusesOf,
  tomorrow,
} from '../support/credits.ts';
import { headerCaller } from '../support/idempotent.ts';
import { atInstant, type Key, makeKey, quickBrand, statementsOf, useKey } from '../support/keys.ts';
import type { Brand } from '../support/people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { serverEnvironment, startServer } from '../support/server-process.ts';
import type { Answer } from '../support/test-app.ts';

const test = await startCreditsApp();
const { call } = test;
const { creditsOf, remainingOf, withCredits, patch, codeOf } = creditCalls(test);
const { sql } = openRows(test.url);
const keys = 'auth/api-keys';

let brand: Brand;
beforeAll(async () => {
  brand = await quickBrand(test);
});

describe('a key with credits', () => {
  it('is shown with them, in every place', async () => {
    const { token } = brand.owner;
    const made = await withCredits(brand, 5, monthly(100));
    const credits = { remaining: 5, refill: monthly(100), refillsAt: nextMonth.toISOString() };
    expect(made.apiKey.credits).toEqual(credits);
    expect(await creditsOf(brand, made)).toEqual(credits);
    const list = (await call('GET', keys, { token })).body.data;
    expect(list.find(({ id }: Key) => id === made.id).credits).toEqual(credits);
    expect((await call('GET', `${keys}/${made.id}/usage`, { token })).body.data.credits).toEqual(credits);
    const plain = await withCredits(brand, 7);
    expect(plain.apiKey.credits).toEqual({ remaining: 7, refill: null, refillsAt: null });
    expect((await makeKey(test, brand, { credits: null })).apiKey.credits).toBeNull();
  });

  it('takes one for each request, and then refuses: until the refill, or for good', async () => {
    const [refilled, plain] = [await withCredits(brand, 2, daily(5)), await withCredits(brand, 2)];
    for (const [key, refillsAt] of [[refilled, tomorrow] as const, [plain, null] as const]) {
      expect((await useKey(test, key.key)).status).toBe(200);
      expect(await remainingOf(brand, key)).toBe(1);
      expect((await useKey(test, key.key)).status).toBe(200);
      for (let n = 0; n < 3; n += 1) expectExhausted(await useKey(test, key.key), { refillsAt });
      expect(await remainingOf(brand, key)).toBe(0);
    }
  });

  it('that begins with none waits for its refill', async () => {
    const key = await withCredits(brand, 0, daily(1));
    expectExhausted(await useKey(test, key.key), { refillsAt: tomorrow });
    expect((await useKey(test, key.key, tomorrow)).status).toBe(200);
  });

  it('pays one statement for it, and a key without them none', async () => {
    const [plain, counted] = [await makeKey(test, brand), await withCredits(brand, 9)];
    for (const [{ key }, count] of [[plain, 1] as const, [counted, 2] as const]) {
      await useKey(test, key);
      const statements = await statementsOf(test, () => useKey(test, key));
      expect(statements).toHaveLength(count);
    }
  });

  it('has a counter of its own', async () => {
    const [one, two] = [await withCredits(brand, 1), await withCredits(brand, 1)];
    const other = await quickBrand(test);
    const theirs = await withCredits(other, 1);
    expect((await useKey(test, one.key)).status).toBe(200);
    expect((await useKey(test, one.key)).status).toBe(402);
    expect([await remainingOf(brand, two), await remainingOf(other, theirs)]).toEqual([1, 1]);
  });
});

describe('what a request costs', () => {
  it('is nothing when it is refused before', async () => {
    const other = await quickBrand(test);
    const limits = { allowedAddresses: ['127.0.0.1'], requestsPerMinute: 6 };
    const key = await makeKey(test, other, { scopes: ['read'], credits: { remaining: 5 }, ...limits });
    const ask = (method: string, path: string, headers = {}) => call(method, path, { token: key.key, headers });
    const stores = `stores/tenant/${other.tenantId}`;
    expectRefusal(await ask('GET', 'auth/verify', { 'x-forwarded-for': '10.0.0.9' }), 401, 'INVALID_API_KEY');
    await patch(other, key, { enabled: false });
    expectRefusal(await ask('GET', 'auth/verify'), 401, 'INVALID_API_KEY');
    await patch(other, key, { enabled: true });
    expectRefusal(await ask('GET', `tenants/${brand.tenantId}`), 403, 'FORBIDDEN');
    expectRefusal(await ask('GET', 'auth/me'), 403, 'FORBIDDEN');
    expectRefusal(await ask('DELETE', `${stores}/${randomUUID()}`), 403, 'INSUFFICIENT_SCOPE');
    await sql`insert into tenant_usage_months values (${other.tenantId}, ${`${now.toISOString().slice(0, 7)}-01`}, 100000)`;
    expectRefusal(await ask('GET', 'auth/verify'), 402, 'QUOTA_EXCEEDED');
    await sql`delete from tenant_usage_months where tenant_id = ${other.tenantId}`;
    expect((await ask('GET', 'auth/verify')).status).toBe(200);
    expect((await ask('GET', 'auth/verify')).status).toBe(200);
    for (let n = 0; n < 3; n += 1) expectRefusal(await ask('GET', 'auth/verify'), 429, 'RATE_LIMITED');
    expect(await remainingOf(other, key)).toBe(3);
  });

  it('is nothing in a suspended brand that lets nobody write', async () => {
    const other = await quickBrand(test);
    const key = await withCredits(other, 5);
    await sql`update tenants set status = 'suspended' where id = ${other.tenantId}`;
    const write = { token: key.key, body: { name: 'No' } };
    expectRefusal(await call('POST', `stores/tenant/${other.tenantId}`, write), 403, 'TENANT_SUSPENDED');
    await sql`update tenants set status = 'active' where id = ${other.tenantId}`;
    expect(await remainingOf(other, key)).toBe(5);
  });

  it('is one whatever the answer: a success, 400, 404, and a replay', async () => {
    const key = await withCredits(brand, 10);
    const stores = `stores/tenant/${brand.tenantId}`;
    const headers = { 'idempotency-key': randomUUID() };
    const open = () => call('POST', stores, { token: key.key, headers, body: { name: 'Leith' } });
    expect((await open()).status).toBe(201);
    expect((await open()).headers['idempotent-replayed']).toBe('true');
    expectRefusal(await call('POST', stores, { token: key.key, body: {} }), 400, 'VALIDATION_ERROR');
    expectRefusal(await call('DELETE', `${stores}/${randomUUID()}`, { token: key.key }), 404, 'NOT_FOUND');
    expect(await remainingOf(brand, key)).toBe(6);
  });

  it('leaves nothing when there is none: no use that counts, no answer kept under an Idempotency-Key', async () => {
    const key = await withCredits(brand, 1);
    const stores = `stores/tenant/${brand.tenantId}`;
    const write = { token: key.key, headers: { 'idempotency-key': randomUUID() }, body: { name: 'Once' } };
    expect((await useKey(test, key.key)).status).toBe(200);
    expectExhausted(await call('POST', stores, write), { refillsAt: null });
    // The refusal is not the answer that is kept under the Idempotency-Key.
    await patch(brand, key, { credits: { remaining: 1 } });
    expect((await call('POST', stores, write)).status).toBe(201);
    await test.deps.usage.flush();
    const [sums] = await sql`select sum(requests)::int as requests from api_key_usage where api_key_id = ${key.id}`;
    expect(sums?.['requests']).toBe(2);
  });
});

describe('a refill', () => {
  it('comes at the first instant of the next day, sets the amount, and adds nothing', async () => {
    const key = await withCredits(brand, 3, daily(2));
    const at = (instant: Date) => useKey(test, key.key, instant);
    expect((await at(later(tomorrow, 0, -1))).status).toBe(200);
    // Two were left: on the next day there are two again, not four.
    const day = [await at(tomorrow), await at(later(tomorrow, 0, 1)), await at(later(tomorrow, 1, -1))];
    expect(day.map(({ status }) => status)).toEqual([200, 200, 402]);
    expectExhausted(day[2] as Answer, { refillsAt: later(tomorrow, 1), at: later(tomorrow, 1, -1) });
    // Nor does a week without use save anything up.
    const week = later(tomorrow, 7, 3_600_000);
    expect([(await at(week)).status, (await at(week)).status]).toEqual([200, 200]);
    expectExhausted(await at(week), { refillsAt: later(tomorrow, 8), at: week });
  });

  it('of a month comes on its first', async () => {
    const key = await withCredits(brand, 1, monthly(1));
    const at = (instant: Date) => useKey(test, key.key, instant);
    const [next, last] = [nextMonth, later(nextMonth, 0, -1)];
    expect([(await at(now)).status, (await at(last)).status, (await at(next)).status]).toEqual([200, 402, 200]);
    const after = monthAfter;
    expectExhausted(await at(later(after, 0, -1)), { refillsAt: after, at: later(after, 0, -1) });
    expect((await at(after)).status).toBe(200);
  });

  it('takes down what is more than its amount', async () => {
    const key = await withCredits(brand, 50, daily(1));
    expect([(await useKey(test, key.key, tomorrow)).status, (await useKey(test, key.key, tomorrow)).status]).toEqual([
      200, 402,
    ]);
  });

  it('is shown as soon as it is due, before anybody used the key', async () => {
    const key = await withCredits(brand, 0, daily(4));
    await sql`update api_key_credits set refills_at = ${later(tomorrow, -3)}
      where id = (select credits_id from api_keys where id = ${key.id})`;
    expect(await codeOf(brand, key)).toBe('VALID');
    expect(await creditsOf(brand, key)).toEqual({ remaining: 4, refill: daily(4), refillsAt: tomorrow.toISOString() });
    expect((await useKey(test, key.key)).status).toBe(200);
    expect(await creditsOf(brand, key)).toMatchObject({ remaining: 3, refillsAt: tomorrow.toISOString() });
  });
});

describe('a hundred callers at once, at two processes', () => {
  it('get exactly what is left, and exactly what a refill brings', async () => {
    const server = await startServer(serverEnvironment(test.url));
    const remote = headerCaller(server.url);
    const key = await withCredits(brand, 37, daily(20));
    const headers = (at: Date) => ({ 'x-api-key': key.key, ...atInstant(at) });
    const storm = async (at: Date) => {
      const here = Array.from({ length: 50 }, () => call('GET', 'auth/verify', { headers: headers(at) }));
      const there = Array.from({ length: 50 }, () => remote('auth/verify', { headers: headers(at) }));
      return passed(await statusesOf(here.flatMap((one, index) => [one, there[index] as Promise<Answer>])));
    };
    expect(await storm(now)).toBe(37);
    expect(await remainingOf(brand, key)).toBe(0);
    // Due, with none left, and with some.
    expect(await storm(tomorrow)).toBe(20);
    await sql`update api_key_credits set remaining = 7 where id = (select credits_id from api_keys where id = ${key.id})`;
    expect(await storm(later(tomorrow, 1))).toBe(20);
    const [row] = await sql`
      select remaining, refills_at from api_key_credits where id = (select credits_id from api_keys where id = ${key.id})`;
    expect(row).toEqual({ remaining: 0, refills_at: later(tomorrow, 2) });
    await server.stop();
  });
});

describe('a verification', () => {
  it('says that no credit is left, and takes none', async () => {
    const key = await withCredits(brand, 1);
    for (let n = 0; n < 3; n += 1) expect(await codeOf(brand, key)).toBe('VALID');
    expect(await remainingOf(brand, key)).toBe(1);
    expect((await useKey(test, key.key)).status).toBe(200);
    for (let n = 0; n < 2; n += 1) expect(await codeOf(brand, key)).toBe('USAGE_EXCEEDED');
    await patch(brand, key, { credits: { remaining: 2 } });
    expect(await codeOf(brand, key)).toBe('VALID');
  });
});
