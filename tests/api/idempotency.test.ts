import { describe, expect, it } from 'vitest';
import { purgeExpired } from '#src/auth/purge-expired.ts';
import { fixedClock } from '#src/clients/clock.ts';
import { newId } from '#src/lib/ids.ts';
import {
  brandOf,
  expectFresh,
  expectReplayOf,
  isReplay,
  keyed,
  makeApiKey,
  newKey,
  openStoreWith,
  quickBrand,
  type ReadyBrand,
} from '../support/idempotent.ts';
import { holdLock, outsideSession, waitForBlocked } from '../support/outside-session.ts';
import { PASSWORD, uniqueEmail } from '../support/people.ts';
import { quickMember, quickPerson, quickSession } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const limited = await startTestApp({ RATE_LIMITS: 'on', RATE_LIMIT_PER_ADDRESS: '3' });
const rows = openRows(test.url);
const sql = outsideSession(test.url);
const DAY = 86_400_000;

const open = openStoreWith(test);
const storesOf = ({ tenantId }: ReadyBrand) =>
  sql`select id, name from stores where tenant_id = ${tenantId} order by id`;
const auditOf = ({ tenantId }: ReadyBrand) =>
  sql`select id from audit_entries where tenant_id = ${tenantId} and action = 'store.created'`;
const answersKept = async () => (await sql`select count(*)::int as count from idempotent_answers`)[0]?.['count'];

describe('one key and one body (case 1)', () => {
  it('100 times at once make one store with one audit entry, and every answer says so', async () => {
    const brand = await quickBrand(test);
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 100 }, () => open(brand, key, { name: 'Once' })));
    const made = answers.filter(({ status }) => status === 201);
    expect(made.filter((answer) => !isReplay(answer))).toHaveLength(1);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, 409, 'IDEMPOTENCY_IN_PROGRESS');
      expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    expect(await storesOf(brand)).toHaveLength(1);
    expect(await auditOf(brand)).toHaveLength(1);

    const first = made.find((answer) => !isReplay(answer)) as Answer;
    for (let n = 0; n < 3; n += 1) expectReplayOf(first, await open(brand, key, { name: 'Once' }));
    expect((await storesOf(brand))[0]?.['id']).toBe(first.body.data.id);
  });

  it('100 keys at once make 100 stores', async () => {
    const brand = await quickBrand(test);
    const names = Array.from({ length: 100 }, (_, n) => `Store ${n}`);
    const answers = await Promise.all(names.map((name) => open(brand, newKey(), { name })));
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    expect((await storesOf(brand)).map(({ name }) => name).sort()).toEqual(names.sort());
  });

  it('is one body whatever the order of its names and the space between', async () => {
    const brand = await quickBrand(test);
    const key = newKey();
    const address = { line1: '12 Leith Walk', city: 'Edinburgh' };
    const first = await open(brand, key, { name: 'Ordered', country: 'GB', address });
    const text = `{ "address": {"city":"Edinburgh",\n"line1":"12 Leith Walk"}, "country" :"GB","name":"Ordered" }`;
    const headers = { ...keyed(key), 'content-type': 'application/json' };
    const again = await test.call('POST', brand.stores, { token: brand.token, headers, payload: text });
    expectReplayOf(first, again);
    expect(await storesOf(brand)).toHaveLength(1);
  });
});

it('another body under the key is refused and does nothing (case 2)', async () => {
  const brand = await quickBrand(test);
  const key = newKey();
  const first = await open(brand, key, { name: 'First' });
  const before = await rows.ofTenant(brand.tenantId);
  for (const body of [{ name: 'Second' }, { name: 'first' }, { name: 'First', active: true }]) {
    const answer = await open(brand, key, body);
    expectRefusal(answer, 422, 'IDEMPOTENCY_KEY_REUSED');
    expect(isReplay(answer)).toBe(false);
  }
  const query = await test.call('POST', `${brand.stores}?x=1`, {
    token: brand.token,
    headers: keyed(key),
    body: { name: 'First' },
  });
  // A query that the operation does not read may count as another request or not: it never makes a second store.
  expect([201, 422]).toContain(query.status);
  expect(await rows.ofTenant(brand.tenantId)).toEqual(before);
  expectReplayOf(first, await open(brand, key, { name: 'First' }));
});

describe('while the first is running (case 3)', () => {
  it('a second is told to come back, whatever its body, and then gets the answer', async () => {
    const brand = await quickBrand(test);
    const key = newKey();
    const lock = await holdLock(sql, `select 1 from tenants where id = '${brand.tenantId}' for update`);
    const first = open(brand, key, { name: 'Slow' });
    await waitForBlocked(sql, 1);
    for (const name of ['Slow', 'Other']) {
      const answer = await open(brand, key, { name });
      expectRefusal(answer, 409, 'IDEMPOTENCY_IN_PROGRESS');
      expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    await lock.release();
    expectFresh(await first, 201);
    expectReplayOf(await first, await open(brand, key, { name: 'Slow' }));
    expectRefusal(await open(brand, key, { name: 'Other' }), 422, 'IDEMPOTENCY_KEY_REUSED');
    expect(await storesOf(brand)).toHaveLength(1);
  });
});

describe('one key is another', () => {
  it('for another tenant (case 4), another user and another API key', async () => {
    const brand = await quickBrand(test);
    const sibling = await brandOf(test, brand.owner);
    const admin = await quickMember(test, brand.tenantId, 'admin');
    const keys = [await makeApiKey(test, brand), await makeApiKey(test, brand)];
    const key = newKey();
    const callers = [brand.token, admin.token, ...keys.map((one) => one.key)];
    const ask = (token: string, index: number) => open({ ...brand, token }, key, { name: `By ${index}` });
    const first = await Promise.all(callers.map(ask));
    for (const answer of first) expectFresh(answer, 201);
    const inSibling = await open(sibling, key, { name: 'By 0' });
    expectFresh(inSibling, 201);
    expect(await storesOf(brand)).toHaveLength(4);
    const again = await Promise.all(callers.map(ask));
    for (const [index, answer] of again.entries()) expectReplayOf(first[index] as Answer, answer);
    expectReplayOf(inSibling, await open(sibling, key, { name: 'By 0' }));
  });

  it('on another path', async () => {
    const brand = await quickBrand(test);
    const key = newKey();
    const body = { name: 'One name' };
    const made = await open(brand, key, body);
    const call = { token: brand.token, headers: keyed(key), body };
    expectFresh(await test.call('PATCH', `${brand.stores}/${made.body.data.id}`, call), 200);
    expectFresh(await test.call('PATCH', `tenants/${brand.tenantId}`, call), 200);
    expectReplayOf(made, await open(brand, key, body));
  });

  it('but the same on another device of the user', async () => {
    const brand = await quickBrand(test);
    const key = newKey();
    const first = await open(brand, key, { name: 'Moved' });
    const { token } = await quickSession(test, brand.owner.userId);
    expectReplayOf(first, await open({ ...brand, token }, key, { name: 'Moved' }));
  });

  it('for nobody at another address', async () => {
    const ask = (remoteAddress: string, email: string) =>
      test.call('POST', 'auth/password/forgot', { remoteAddress, headers: keyed('shared'), body: { email } });
    expectFresh(await ask('10.3.0.1', 'a@example.com'), 200);
    expectFresh(await ask('10.3.0.2', 'b@example.com'), 200);
    expectRefusal(await ask('10.3.0.1', 'b@example.com'), 422, 'IDEMPOTENCY_KEY_REUSED');
  });
});

describe('an answer that is kept', () => {
  it('is a 409, though what was taken is free again; and nothing of the refused is left', async () => {
    const brand = await quickBrand(test);
    const taken = await open(brand, newKey(), { name: 'Default' });
    expect(taken.status).toBe(201);
    const other = await open(brand, newKey(), { name: 'Taken', slug: 'taken' });
    const key = newKey();
    const refused = await open(brand, key, { name: 'Mine', slug: 'taken' });
    expectRefusal(refused, 409, 'STORE_SLUG_TAKEN');
    await test.call('DELETE', `${brand.stores}/${other.body.data.id}`, { token: brand.token });
    expectReplayOf(refused, await open(brand, key, { name: 'Mine', slug: 'taken' }));
    expectFresh(await open(brand, newKey(), { name: 'Mine', slug: 'taken' }), 201);
  });

  it('is a 409 that came after the write: the write is undone', async () => {
    const brand = await quickBrand(test);
    const key = newKey();
    const before = await rows.ofTenant(brand.tenantId);
    const refused = await open(brand, key, { name: 'Asleep', active: false });
    expectRefusal(refused, 409, 'STORE_INACTIVE');
    expect(await rows.ofTenant(brand.tenantId)).toEqual(before);
    expectReplayOf(refused, await open(brand, key, { name: 'Asleep', active: false }));
  });

  it('is a 404, though the object is there by now', async () => {
    const brand = await quickBrand(test);
    const [key, storeId] = [newKey(), newId()];
    const ask = () =>
      test.call('PATCH', `${brand.stores}/${storeId}`, {
        token: brand.token,
        headers: keyed(key),
        body: { name: 'x' },
      });
    const missing = await ask();
    expectRefusal(missing, 404, 'NOT_FOUND');
    const made = await open(brand, newKey(), { name: 'Late' });
    await sql`update tenants set default_store_id = null where id = ${brand.tenantId}`;
    await sql`update stores set id = ${storeId} where id = ${made.body.data.id}`;
    expectReplayOf(missing, await ask());
    expect((await storesOf(brand))[0]?.['name']).toBe('Late');
  });

  it('is kept for 24 hours and not a millisecond longer', async () => {
    const brand = await quickBrand(test);
    // Keys have no end; access tokens do.
    const { key: token } = await makeApiKey(test, brand);
    const now = Date.now();
    const key = newKey();
    const at = (ms: number, name: string) =>
      open({ ...brand, token }, key, { name }, { 'x-test-clock': new Date(now + ms).toISOString() });
    const first = await at(0, 'First');
    expectFresh(first, 201);
    expectReplayOf(first, await at(DAY - 1, 'First'));
    expectRefusal(await at(DAY - 1, 'Second'), 422, 'IDEMPOTENCY_KEY_REUSED');
    const second = await at(DAY, 'Second');
    expectFresh(second, 201);
    expectReplayOf(second, await at(2 * DAY - 1, 'Second'));
    expect(await storesOf(brand)).toHaveLength(2);
  });

  it('goes with the purge when it has expired, not before', async () => {
    const brand = await quickBrand(test);
    const key = newKey();
    const first = await open(brand, key, { name: 'Purged' });
    const purgeIn = (ms: number) => purgeExpired({ db: test.deps.db, clock: fixedClock(new Date(Date.now() + ms)) });
    await purgeIn(DAY - 60_000);
    expectReplayOf(first, await open(brand, key, { name: 'Purged' }));
    expect(await answersKept()).toBeGreaterThan(0);
    await purgeIn(3 * DAY);
    expect(await answersKept()).toBe(0);
  });
});

describe('an answer that is not kept', () => {
  it('is a 400: the corrected request runs under the same key', async () => {
    const brand = await quickBrand(test);
    const key = newKey();
    expectRefusal(await open(brand, key, { name: '' }), 400, 'VALIDATION_ERROR');
    const call = { token: brand.token, headers: { ...keyed(key), 'content-type': 'application/json' } };
    expectRefusal(await test.call('POST', brand.stores, { ...call, payload: '{' }), 400, 'MALFORMED_JSON');
    expectFresh(await open(brand, key, { name: 'Right' }), 201);
  });

  it('is a 401 for want of a credential, and one that the operation gives', async () => {
    const brand = await quickBrand(test);
    const key = newKey();
    expectRefusal(await open({ ...brand, token: 'garbage' }, key, { name: 'Mine' }), 401, 'UNAUTHORIZED');
    expectFresh(await open(brand, key, { name: 'Mine' }), 201);
    const change = (currentPassword: string) => {
      const body = { currentPassword, newPassword: 'silent-meadow-72' };
      return test.call('POST', 'auth/password/change', { token: brand.token, headers: keyed(key), body });
    };
    expectRefusal(await change('wrong-password'), 401, 'INVALID_CREDENTIALS');
    expectFresh(await change(PASSWORD), 200);
  });

  it('is a 403: who was given the right runs it under the same key', async () => {
    const brand = await quickBrand(test);
    const staff = await quickMember(test, brand.tenantId, 'staff');
    const key = newKey();
    const promote = () =>
      sql`update tenant_members set role = 'admin' where tenant_id = ${brand.tenantId} and user_id = ${staff.userId}`;
    expectRefusal(await open({ ...brand, token: staff.token }, key, { name: 'Mine' }), 403, 'FORBIDDEN');
    await promote();
    expectFresh(await open({ ...brand, token: staff.token }, key, { name: 'Mine' }), 201);
    const body = { email: uniqueEmail(), role: 'owner' };
    const invite = () =>
      test.call('POST', `tenants/${brand.tenantId}/team`, { token: staff.token, headers: keyed(key), body });
    expectRefusal(await invite(), 403, 'FORBIDDEN');
    await sql`update tenant_members set role = 'owner' where user_id = ${staff.userId}`;
    expectFresh(await invite(), 201);
  });

  it('is a 429: the retry runs when there is room again', async () => {
    const person = await quickPerson(limited);
    const ask = (remoteAddress: string) =>
      limited.call('PATCH', 'auth/me', {
        token: person.token,
        remoteAddress,
        headers: keyed('limited'),
        body: { name: 'Renamed' },
      });
    for (let n = 0; n < 3; n += 1) await limited.call('GET', 'tenants/public', { remoteAddress: '10.3.1.1' });
    expectRefusal(await ask('10.3.1.1'), 429, 'RATE_LIMITED');
    expectFresh(await ask('10.3.1.2'), 200);
  });
});
