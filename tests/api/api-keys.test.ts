import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { MAX_LIVE_KEYS } from '#src/api-keys/rules.ts';
import { hashToken } from '#src/lib/secrets.ts';
import { atInstant, inSeconds, keyOf, makeKey, quickBrand, tablesWith, useKey } from '../support/keys.ts';
import type { Brand } from '../support/people.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const rows = openRows(test.url);
const { sql } = rows;

const keys = 'auth/api-keys';
const create = (token: string, body: object, headers = {}) =>
  call('POST', keys, { token, headers, body: { name: 'Till', scopes: ['read'], ...body } });
const patch = ({ owner }: Brand, id: string, body: object, headers = {}) =>
  call('PATCH', `${keys}/${id}`, { token: owner.token, body, headers });
const revoke = ({ owner }: Brand, id: string) => call('DELETE', `${keys}/${id}`, { token: owner.token });
const rotate = ({ owner }: Brand, id: string, body?: object, headers = {}) =>
  call('POST', `${keys}/${id}/rotate`, { token: owner.token, headers, ...(body && { body }) });
const verify = async ({ owner }: Brand, body: object, headers = {}) =>
  (await call('POST', `${keys}/verify`, { token: owner.token, body, headers })).body.data;
const get = async ({ owner }: Brand, id: string) =>
  (await call('GET', `${keys}/${id}`, { token: owner.token })).body.data;
const statusAt = async (key: string, at?: Date) => (await useKey(test, key, at)).status;

const shown: string[] = [];
afterAll(() => {
  expect(shown.length).toBeGreaterThan(0);
  for (const key of shown) {
    expect(test.logs()).not.toContain(key);
    expect(test.logs()).not.toContain(hashToken(key));
  }
});

describe('a new key', () => {
  it('is shown once, with everything about it, and stored as SHA-256', async () => {
    const brand = await quickBrand(test);
    const answer = await create(brand.owner.token, { name: 'Till in Leith', scopes: ['write'] });
    expect(answer.status).toBe(201);
    const { apiKey, key } = answer.body.data;
    shown.push(key);
    expect(key).toMatch(/^ttx_[0-9A-Za-z]{36}$/);
    expect(apiKey).toEqual({
      id: expect.any(String),
      tenantId: brand.tenantId,
      name: 'Till in Leith',
      start: key.slice(0, 12),
      scopes: ['read', 'write'],
      plan: 'free',
      allowedAddresses: [],
      requestsPerMinute: null,
      credits: null,
      enabled: true,
      expiresAt: null,
      lastUsedAt: null,
      createdAt: expect.any(String),
      revokedAt: null,
    });
    const [row] = await sql`select key_hash from api_keys where id = ${apiKey.id}`;
    expect(row?.['key_hash']).toBe(hashToken(key));
    expect(await tablesWith(rows, key)).toEqual([]);
  });

  it('is in no later answer, neither itself nor its hash', async () => {
    const brand = await quickBrand(test);
    const { token } = brand.owner;
    const { id, key } = await makeKey(test, brand);
    shown.push(key);
    await useKey(test, key);
    const answers = [
      await patch(brand, id, { name: 'Other' }),
      await call('GET', keys, { token }),
      await call('GET', `${keys}/${id}`, { token }),
      await call('GET', `${keys}/${id}/usage`, { token }),
      await call('POST', `${keys}/verify`, { token, body: { key } }),
      await call('GET', `tenants/${brand.tenantId}/audit`, { token }),
      await rotate(brand, id),
      await revoke(brand, id),
    ];
    for (const { status, text } of answers) {
      expect(status, text).toBeLessThan(300);
      expect(text).not.toContain(key);
      expect(text).not.toContain(hashToken(key));
    }
  });

  it('is made again under the same Idempotency-Key, because its answer is stored nowhere', async () => {
    const { owner } = await quickBrand(test);
    const headers = { 'idempotency-key': randomUUID() };
    const [first, second] = [await create(owner.token, {}, headers), await create(owner.token, {}, headers)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(keyOf(second).id).not.toBe(keyOf(first).id);
    expect(await tablesWith(rows, keyOf(first).key)).toEqual([]);
  });

  it('is refused when it would have expired already', async () => {
    const { owner } = await quickBrand(test);
    const now = new Date();
    const past = await create(owner.token, { expiresAt: now.toISOString() }, atInstant(now));
    expectRefusal(past, 400, 'VALIDATION_ERROR');
    expect(past.body.error.errors).toMatchObject([{ location: 'body', field: 'expiresAt' }]);
    expect((await create(owner.token, { expiresAt: inSeconds(60).toISOString() })).status).toBe(201);
  });

  it('takes an admin of this brand: no staff, no customer, no admin of another', async () => {
    const [{ tenantId }, other] = [await quickBrand(test), await quickBrand(test)];
    const asked = async (token: string) => create(token, { tenantId });
    expect((await asked((await quickMember(test, tenantId, 'admin')).token)).status).toBe(201);
    expectRefusal(await asked((await quickMember(test, tenantId, 'staff')).token), 403, 'FORBIDDEN');
    expectRefusal(await asked((await quickPerson(test)).token), 404, 'NOT_FOUND');
    expectRefusal(await asked((await quickMember(test, other.tenantId, 'admin')).token), 404, 'NOT_FOUND');
    expect(await rows.count({ table: 'api_keys', column: 'tenant_id', value: tenantId })).toBe(1);
  });

  it('works on when its maker has left the team', async () => {
    const brand = await quickBrand(test);
    const maker = await quickMember(test, brand.tenantId, 'admin');
    const { key } = await makeKey(test, { ...brand, owner: maker });
    const team = `tenants/${brand.tenantId}/team`;
    const left = await call('DELETE', `${team}/${maker.userId}`, { token: brand.owner.token });
    expect(left.status, left.text).toBe(200);
    expect((await call('GET', team, { token: maker.token })).status).toBe(404);
    expect((await call('GET', team, { token: key })).status).toBe(200);
  });
});

describe('the limit of live keys', () => {
  const fill = ({ tenantId, owner }: Brand, count: number, { expired = false, revoked = false } = {}) => sql`
    insert into api_keys (id, tenant_id, name, start, key_hash, scopes, created_by, created_at, expires_at, revoked_at)
    select gen_random_uuid(), ${tenantId}, 'Filler', 'ttx_', gen_random_uuid()::text, '{read}', ${owner.userId}, now(),
      ${expired ? inSeconds(-1) : null}, ${revoked ? inSeconds(-1) : null} from generate_series(1, ${count})`;

  it('holds when twenty are made at once, and the ended ones do not count', async () => {
    const brand = await quickBrand(test);
    await fill(brand, MAX_LIVE_KEYS - 7);
    await fill(brand, 5, { expired: true });
    await fill(brand, 5, { revoked: true });
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(brand.owner.token, {})));
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(7);
    for (const answer of answers.filter((one) => !made.includes(one))) expectRefusal(answer, 409, 'API_KEY_LIMIT');
    await revoke(brand, made[0]?.body.data.apiKey.id);
    expect((await create(brand.owner.token, {})).status).toBe(201);
    expectRefusal(await create(brand.owner.token, {}), 409, 'API_KEY_LIMIT');
  });

  it('holds when keys are rotated with an overlap', async () => {
    const brand = await quickBrand(test);
    await fill(brand, MAX_LIVE_KEYS - 1);
    const { id } = await makeKey(test, brand);
    await rotate(brand, id, { overlapSeconds: 3_600 });
    const live = await sql`
      select 1 from api_keys where tenant_id = ${brand.tenantId} and revoked_at is null and coalesce(expires_at > now(), true)`;
    expect(live.length).toBeLessThanOrEqual(MAX_LIVE_KEYS);
  });
});

describe('a key', () => {
  it('is renamed, disabled and enabled', async () => {
    const brand = await quickBrand(test);
    const { id, key, apiKey } = await makeKey(test, brand);
    expect((await patch(brand, id, { name: 'Renamed' })).body.data).toEqual({ ...apiKey, name: 'Renamed' });
    expect((await patch(brand, id, { enabled: false })).body.data.enabled).toBe(false);
    expect(await statusAt(key)).toBe(401);
    expect((await patch(brand, id, { enabled: true })).body.data.enabled).toBe(true);
    expect(await statusAt(key)).toBe(200);
    expect(await get(brand, id)).toMatchObject({ name: 'Renamed', enabled: true });
  });

  it('is revoked at once and for good; again changes nothing', async () => {
    const brand = await quickBrand(test);
    const { id, key } = await makeKey(test, brand);
    const first = await revoke(brand, id);
    expect(first.body.data).toEqual({ id, deleted: true });
    const { revokedAt } = await get(brand, id);
    expect(revokedAt).not.toBeNull();
    expect(await statusAt(key)).toBe(401);
    expect((await revoke(brand, id)).body.data).toEqual({ id, deleted: true });
    expect((await get(brand, id)).revokedAt).toBe(revokedAt);
    expectRefusal(await patch(brand, id, { enabled: true }), 409, 'API_KEY_ENDED');
    expectRefusal(await rotate(brand, id), 409, 'API_KEY_ENDED');
    expect(await statusAt(key)).toBe(401);
    const [row] = await sql`select revoked_by from api_keys where id = ${id}`;
    expect(row?.['revoked_by']).toBe(brand.owner.userId);
  });

  it('that has expired is not changed either', async () => {
    const brand = await quickBrand(test);
    const expiresAt = inSeconds(60);
    const { id } = await makeKey(test, brand, { expiresAt: expiresAt.toISOString() });
    const last = new Date(expiresAt.getTime() - 1);
    expect((await patch(brand, id, { name: 'In time' }, atInstant(last))).status).toBe(200);
    expectRefusal(await patch(brand, id, { name: 'Late' }, atInstant(expiresAt)), 409, 'API_KEY_ENDED');
    expectRefusal(await rotate(brand, id, {}, atInstant(expiresAt)), 409, 'API_KEY_ENDED');
    expect((await get(brand, id)).name).toBe('In time');
  });
});

describe('a rotation', () => {
  it('without overlap ends the old key at once', async () => {
    const brand = await quickBrand(test);
    const old = await makeKey(test, brand);
    const answer = await rotate(brand, old.id, { overlapSeconds: 0 });
    expect(answer.status, answer.text).toBe(201);
    expect([await statusAt(old.key), await statusAt(keyOf(answer).key)]).toEqual([401, 200]);
  });

  it('keeps the old key for the overlap, to the instant, and the new one has its name, scopes and expiry', async () => {
    const brand = await quickBrand(test);
    const expiresAt = inSeconds(7 * 86_400).toISOString();
    const old = await makeKey(test, brand, { name: 'Shop', scopes: ['read'], expiresAt });
    const now = inSeconds(5);
    const fresh = keyOf(await rotate(brand, old.id, { overlapSeconds: 3_600 }, atInstant(now)));
    expect(fresh.apiKey).toMatchObject({ name: 'Shop', scopes: ['read'], expiresAt, tenantId: brand.tenantId });
    expect(fresh.id).not.toBe(old.id);
    const end = inSeconds(3_600, now.getTime());
    expect((await get(brand, old.id)).expiresAt).toBe(end.toISOString());
    expect(await statusAt(old.key, new Date(end.getTime() - 1))).toBe(200);
    expect(await statusAt(old.key, end)).toBe(401);
    expect(await statusAt(fresh.key, end)).toBe(200);
  });

  it('overlaps for a day when nothing is said', async () => {
    const brand = await quickBrand(test);
    const { id } = await makeKey(test, brand);
    const now = inSeconds(5);
    expect((await rotate(brand, id, undefined, atInstant(now))).status).toBe(201);
    expect((await get(brand, id)).expiresAt).toBe(inSeconds(86_400, now.getTime()).toISOString());
  });

  it('never lets the old key live longer than it would have', async () => {
    const brand = await quickBrand(test);
    const expiresAt = inSeconds(60).toISOString();
    const { id } = await makeKey(test, brand, { expiresAt });
    const fresh = keyOf(await rotate(brand, id, { overlapSeconds: 3_600 }));
    expect([(await get(brand, id)).expiresAt, fresh.apiKey.expiresAt]).toEqual([expiresAt, expiresAt]);
  });

  it('happens once when two are asked for at once, and never again for a replaced key', async () => {
    const brand = await quickBrand(test);
    for (let round = 0; round < 5; round += 1) {
      const { id } = await makeKey(test, brand, { name: `Round ${round}` });
      const answers = await Promise.all([rotate(brand, id), rotate(brand, id)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      expectRefusal(await rotate(brand, id), 409, 'API_KEY_ENDED');
      expect(await rows.count({ table: 'api_keys', column: 'name', value: `Round ${round}` })).toBe(2);
    }
  });
});

describe('a verification', () => {
  it('says of a key of the own brand precisely why it is refused', async () => {
    const brand = await quickBrand(test);
    const { id, key } = await makeKey(test, brand, { scopes: ['read'], expiresAt: inSeconds(60).toISOString() });
    const code = async (body = {}, at?: Date) => {
      const answer = await verify(brand, { key, ...body }, at && atInstant(at));
      expect([answer.valid, answer.apiKey.id]).toEqual([answer.code === 'VALID', id]);
      return answer.code;
    };
    expect(await code()).toBe('VALID');
    expect(await code({ scope: 'read' })).toBe('VALID');
    expect(await code({ scope: 'write' })).toBe('INSUFFICIENT_PERMISSIONS');
    await sql`insert into tenant_usage_months values (${brand.tenantId}, date_trunc('month', now())::date, 100000)`;
    expect(await code()).toBe('USAGE_EXCEEDED');
    await patch(brand, id, { enabled: false });
    expect(await code()).toBe('DISABLED');
    expect(await code({}, inSeconds(61))).toBe('EXPIRED');
    await revoke(brand, id);
    expect(await code({}, inSeconds(61))).toBe('REVOKED');
  });

  it("answers for another brand's key as for one that nobody has", async () => {
    const [mine, theirs] = [await quickBrand(test), await quickBrand(test)];
    const { key } = await makeKey(test, theirs);
    const unknown = { valid: false, code: 'NOT_FOUND', apiKey: null };
    for (const one of [key, 'ttx_0123456789abcdefghijABCDEFGHIJ000000', 'x', theirs.owner.token.slice(0, 200)]) {
      expect(await verify(mine, { key: one })).toEqual(unknown);
    }
    expect((await verify(theirs, { key })).code).toBe('VALID');
  });
});
