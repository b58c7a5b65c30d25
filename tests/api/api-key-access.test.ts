import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApiKey } from '#src/lib/api-key.ts';
import {
  atInstant,
  inSeconds,
  type Key,
  makeKey,
  operationsWhere,
  quickBrand,
  statementsOf,
  useKey,
} from '../support/keys.ts';
import { liveCall } from '../support/live-calls.ts';
import { urlOf } from '../support/operations.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createFullBrand, type FullBrand } from '../support/world.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);

let brand: FullBrand;
let [full, reading] = [] as unknown as [Key, Key];
const given: string[] = [];

beforeAll(async () => {
  brand = await createFullBrand(test);
  full = await makeKey(test, brand);
  reading = await makeKey(test, brand, { scopes: ['read'] });
  given.push(full.key, reading.key);
});
afterAll(() => {
  expect(given.filter((key) => test.logs().includes(key))).toEqual([]);
});

const withHeaders = (headers: Record<string, string>) => call('GET', 'auth/verify', { headers });
const wrongChecksum = (key: string) => key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');

describe('a key as a credential', () => {
  it('is taken in either header, and in both when it is the same', async () => {
    const bearer = { authorization: `Bearer ${full.key}` };
    for (const headers of [bearer, { 'x-api-key': full.key }, { ...bearer, 'x-api-key': full.key }]) {
      const answer = await withHeaders(headers as Record<string, string>);
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body.data.principal).toEqual({
        type: 'apiKey',
        apiKeyId: full.id,
        tenantId: brand.tenantId,
        scopes: ['read', 'write'],
      });
    }
  });

  it('is refused beside any other credential', async () => {
    const { token } = brand.owner;
    for (const other of [token, reading.key, newApiKey()]) {
      const answer = await withHeaders({ authorization: `Bearer ${other}`, 'x-api-key': full.key });
      expectRefusal(answer, 401, 'UNAUTHORIZED');
    }
    expectRefusal(await withHeaders({ authorization: 'Basic YTpi', 'x-api-key': full.key }), 401, 'UNAUTHORIZED');
  });

  it('never comes to the database with a wrong checksum', async () => {
    const bad = wrongChecksum(full.key);
    given.push(bad);
    const refused: Record<string, string>[] = [{ authorization: `Bearer ${bad}` }, { 'x-api-key': bad }];
    for (const headers of [...refused, { 'x-api-key': 'ttx_x' }]) {
      const statements = await statementsOf(test, async () =>
        expectRefusal(await withHeaders(headers), 401, 'INVALID_API_KEY'),
      );
      expect(statements).toEqual([]);
    }
  });

  it('that is expired, revoked, disabled, unknown or mistyped gets one answer', async () => {
    const [revoked, disabled] = [await makeKey(test, brand), await makeKey(test, brand)];
    await call('DELETE', `auth/api-keys/${revoked.id}`, { token: brand.owner.token });
    await call('PATCH', `auth/api-keys/${disabled.id}`, { token: brand.owner.token, body: { enabled: false } });
    const expired = await makeKey(test, brand, { expiresAt: inSeconds(60).toISOString() });
    const answers = [
      await useKey(test, expired.key, inSeconds(61)),
      await useKey(test, revoked.key),
      await useKey(test, disabled.key),
      await useKey(test, newApiKey()),
      await useKey(test, wrongChecksum(full.key)),
    ];
    expectRefusal(answers[0] as (typeof answers)[0], 401, 'INVALID_API_KEY');
    for (const answer of answers) expect(comparable(answer)).toEqual(comparable(answers[0] as (typeof answers)[0]));
  });

  it('works until the instant before its expiry', async () => {
    const expiresAt = inSeconds(3_600);
    const { key } = await makeKey(test, brand, { expiresAt: expiresAt.toISOString() });
    const before = await useKey(test, key, new Date(expiresAt.getTime() - 1));
    expect([before.status, before.body.data.expiresAt]).toEqual([200, expiresAt.toISOString()]);
    expect((await useKey(test, key, expiresAt)).status).toBe(401);
  });

  it('costs one statement, as an access token does', async () => {
    for (const token of [full.key, brand.owner.token]) {
      await call('GET', 'auth/verify', { token });
      const statements = await statementsOf(test, () => call('GET', 'auth/verify', { token }));
      expect(statements).toHaveLength(1);
    }
  });
});

describe('an operation', () => {
  const forPeople = operationsWhere(test, ({ permission }) => permission?.who === 'user' || !!permission?.peopleOnly);
  const forKeys = operationsWhere(
    test,
    ({ permission }) =>
      permission !== undefined &&
      !permission.peopleOnly &&
      ['principal', 'optional', 'staff', 'admin'].includes(permission.who),
  );
  const sent = (operation: (typeof forKeys)[number], tenantId: string, key: string) =>
    call(operation.method, urlOf(operation, { ...brand.params, tenantId }), {
      token: key,
      ...(operation.body && { body: operation.example }),
    });

  it('is one of both kinds', () => {
    const ids = forPeople.map(({ id }) => id);
    const account = ['logOut', 'listSessions', 'getMe', 'changePassword', 'linkWallet', 'createApiKey', 'inviteMember'];
    expect(ids).toEqual(expect.arrayContaining(account));
    expect(forKeys.map(({ id }) => id)).toEqual(expect.arrayContaining(['verifyToken', 'createStore', 'listTeam']));
  });

  it.each(forPeople)('$id is for people: 403 for a key with every scope', async (operation) => {
    expectRefusal(await sent(operation, brand.tenantId, full.key), 403, 'FORBIDDEN');
  });

  it.each(forKeys)('$id takes a key with its scope, and no other', async (operation) => {
    const answer = await sent(operation, brand.tenantId, reading.key);
    // What is asked about a customer, or a code, needs to name it: 400 comes after every refusal of the key.
    const allowed = ['getMembershipStatus', 'verifyReferralCode'].includes(operation.id) ? 400 : 200;
    if (operation.method === 'GET') return void expect(answer.status, answer.text).toBe(allowed);
    expectRefusal(answer, 403, 'INSUFFICIENT_SCOPE');
    expect(answer.body.error.details).toEqual({ requiredScope: 'write' });
    const live = await liveCall(test, operation);
    const { key: token } = await makeKey(test, live.brand);
    const { body, headers } = live;
    const done = await call(operation.method, live.url, { token, headers, ...(body && { body }) });
    expect(done.status, done.text).toBeLessThan(300);
  });

  it.each(forKeys.filter(({ params }) => params.includes('tenantId')))(
    '$id in the path of another brand is forbidden, whether or not there is one',
    async (operation) => {
      const other = await quickBrand(test);
      const foreign = await sent(operation, other.tenantId, full.key);
      expectRefusal(foreign, 403, 'FORBIDDEN');
      expect(comparable(await sent(operation, randomUUID(), full.key))).toEqual(comparable(foreign));
    },
  );
});

describe('the keys of a suspended brand', () => {
  it('read, and change nothing', async () => {
    const other = await quickBrand(test);
    const { key } = await makeKey(test, other);
    await sql`update tenants set status = 'suspended' where id = ${other.tenantId}`;
    const stores = `stores/tenant/${other.tenantId}`;
    expect((await call('GET', `tenants/${other.tenantId}`, { token: key })).status).toBe(200);
    expectRefusal(await call('POST', stores, { token: key, body: { name: 'No' } }), 403, 'TENANT_SUSPENDED');
    expect((await sql`select 1 from stores where tenant_id = ${other.tenantId}`).length).toBe(0);
  });
});

describe('the use of a key', () => {
  const { flush } = test.deps.usage;
  const lastUsed = async (id: string): Promise<Date | null> =>
    (await sql`select last_used_at from api_keys where id = ${id}`)[0]?.['last_used_at'];

  it('is noted at most once a minute', async () => {
    const { id, key } = await makeKey(test, brand);
    const useAndFlush = async () => {
      await useKey(test, key);
      await flush();
      return lastUsed(id);
    };
    await flush();
    expect(await lastUsed(id)).toBeNull();
    const first = await useAndFlush();
    expect(Math.abs(Date.now() - (first?.getTime() ?? 0))).toBeLessThan(10_000);
    expect(await useAndFlush()).toEqual(first);
    await sql`update api_keys set last_used_at = last_used_at - interval '50 seconds' where id = ${id}`;
    expect((await useAndFlush())?.getTime()).toBe((first?.getTime() ?? 0) - 50_000);
    await sql`update api_keys set last_used_at = last_used_at - interval '11 seconds' where id = ${id}`;
    expect((await useAndFlush())?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? Number.POSITIVE_INFINITY);
    const shown = await call('GET', `auth/api-keys/${id}`, { token: brand.owner.token });
    expect(shown.body.data.lastUsedAt).toBe((await lastUsed(id))?.toISOString());
  });

  it('is counted by day and operation, in UTC, and towards the month of each request', async () => {
    const other = await quickBrand(test);
    const [one, two] = [await makeKey(test, other), await makeKey(test, other)];
    const [august, september] = [new Date('2026-08-31T23:59:59.999Z'), new Date('2026-09-01T00:00:00.000Z')];
    const store = (at: Date, body: object) =>
      call('POST', `stores/tenant/${other.tenantId}`, { token: one.key, body, headers: atInstant(at) });
    await useKey(test, one.key, august);
    await useKey(test, one.key, august);
    expect((await store(august, {})).status).toBe(400);
    expect((await store(september, { name: 'Leith' })).status).toBe(201);
    await useKey(test, two.key, september);
    // What it may not do counts too, as failed: only what a limit refused does not.
    expect((await call('GET', 'auth/me', { token: one.key, headers: atInstant(september) })).status).toBe(403);

    const { userId, sessionId } = other.owner;
    const token = test.app.signAccessToken({ userId, sessionId, issuedAt: september });
    const url = `auth/api-keys/${one.id}/usage?from=2026-08-31&to=2026-09-01`;
    const { body, status, text } = await call('GET', url, { token, headers: atInstant(september) });
    expect(status, text).toBe(200);
    expect(body.data).toEqual({
      apiKeyId: one.id,
      from: '2026-08-31',
      to: '2026-09-01',
      requests: 5,
      failed: 2,
      plan: 'free',
      // Both keys of the brand in September.
      quota: { limit: 100_000, used: 3, remaining: 99_997, resetsAt: '2026-10-01T00:00:00.000Z' },
      credits: null,
      days: [
        {
          day: '2026-08-31',
          requests: 3,
          failed: 1,
          operations: [
            { operation: 'createStore', requests: 1, failed: 1 },
            { operation: 'verifyToken', requests: 2, failed: 0 },
          ],
        },
        {
          day: '2026-09-01',
          requests: 2,
          failed: 1,
          operations: [
            { operation: 'createStore', requests: 1, failed: 0 },
            { operation: 'getMe', requests: 1, failed: 1 },
          ],
        },
      ],
    });
    const months = await sql`
      select month::text, requests::int from tenant_usage_months where tenant_id = ${other.tenantId} order by month`;
    expect(months.map((row) => [row['month'], row['requests']])).toEqual([
      ['2026-08-01', 3],
      ['2026-09-01', 3],
    ]);
  });
});
