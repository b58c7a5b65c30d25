import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { insertTeamMember } from '#db/queries/team.ts';
import type { TenantRole } from '#schemas/team.ts';
import { makeKey, quickBrand, useKey } from '../support/keys.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);

/** An operation for admins without a tenant in its path: each brand has one key, by the name of which it is known. */
const listKeys = (token: string, tenantId?: string) =>
  call('GET', 'auth/api-keys', { token, headers: tenantId === undefined ? {} : { 'x-tenant-id': tenantId } });
const createKey = (token: string, body: object, headers = {}) =>
  call('POST', 'auth/api-keys', { token, headers, body: { name: 'Made', scopes: ['read'], ...body } });

async function namedBrand(name: string) {
  const brand = await quickBrand(test);
  return { ...brand, ...(await makeKey(test, brand, { name })) };
}

async function meant(token: string, tenantId?: string): Promise<string> {
  const answer = await listKeys(token, tenantId);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data[0].name;
}

const join = (userId: string, tenantId: string, role: TenantRole) =>
  insertTeamMember(test.deps.db, { tenantId, userId, role, joinedAt: new Date() });

async function platformAdmin() {
  const person = await quickPerson(test, 'platform');
  await sql`update users set platform_role = 'admin' where id = ${person.userId}`;
  return person;
}

describe('the tenant of a call', () => {
  it('is the one in its path, whatever the header says', async () => {
    const [a, b] = [await namedBrand('A'), await namedBrand('B')];
    const get = (tenantId: string, header: string) =>
      call('GET', `tenants/${tenantId}`, { token: a.owner.token, headers: { 'x-tenant-id': header } });
    expect((await get(a.tenantId, b.tenantId)).body.data.id).toBe(a.tenantId);
    expectRefusal(await get(b.tenantId, a.tenantId), 404, 'NOT_FOUND');
  });

  it("is the key's own, whatever the header says", async () => {
    const [a, b] = [await namedBrand('A'), await namedBrand('B')];
    for (const tenantId of [b.tenantId, randomUUID()]) {
      const answer = await call('GET', 'auth/verify', { token: a.key, headers: { 'x-tenant-id': tenantId } });
      expect(answer.body.data?.principal.tenantId, answer.text).toBe(a.tenantId);
    }
    expect((await useKey(test, b.key)).body.data.principal.tenantId).toBe(b.tenantId);
  });

  it('is the one that X-Tenant-Id names, in any case', async () => {
    const [a, b] = [await namedBrand('A'), await namedBrand('B')];
    await join(a.owner.userId, b.tenantId, 'admin');
    const { token } = a.owner;
    expect([await meant(token, a.tenantId), await meant(token, b.tenantId)]).toEqual(['A', 'B']);
    expect(await meant(token, b.tenantId.toUpperCase())).toBe('B');
  });

  it('is refused when X-Tenant-Id is no UUID', async () => {
    const { owner } = await namedBrand('A');
    for (const text of ['acme', '', '1', `${randomUUID()}x`, `${randomUUID()}, ${randomUUID()}`]) {
      const answer = await listKeys(owner.token, text);
      expectRefusal(answer, 400, 'VALIDATION_ERROR');
      expect(answer.body.error.errors).toMatchObject([{ location: 'headers', field: 'x-tenant-id' }]);
    }
  });

  it('is one 404 when X-Tenant-Id names a foreign or an unknown brand', async () => {
    const [a, b] = [await namedBrand('A'), await namedBrand('B')];
    const foreign = await listKeys(a.owner.token, b.tenantId);
    expectRefusal(foreign, 404, 'NOT_FOUND');
    expect(comparable(await listKeys(a.owner.token, randomUUID()))).toEqual(comparable(foreign));
  });

  it('is the only one of the user', async () => {
    const { owner } = await namedBrand('A');
    expect(await meant(owner.token)).toBe('A');
  });

  it.each(['owner', 'admin'] as const)('is the only one of which the user is %s, among many', async (role) => {
    const brand = await namedBrand('Mine');
    const person = await quickMember(test, brand.tenantId, role);
    for (let other = 0; other < 3; other += 1) {
      await join(person.userId, (await quickBrand(test)).tenantId, 'staff');
    }
    expect(await meant(person.token)).toBe('Mine');
  });

  it('is not the one of which the user is only staff', async () => {
    const { tenantId } = await namedBrand('A');
    const { token } = await quickMember(test, tenantId, 'staff');
    expectRefusal(await listKeys(token), 403, 'FORBIDDEN');
    expectRefusal(await listKeys(token, tenantId), 403, 'FORBIDDEN');
  });

  it.each([
    ['of several with the role', ['owner', 'admin', 'staff']],
    ['of several without the role', ['staff', 'staff']],
    ["in nobody's team", []],
  ] as const)('has to be named by a user %s', async (_name, roles) => {
    const person = await quickPerson(test);
    for (const role of roles) await join(person.userId, (await quickBrand(test)).tenantId, role);
    expectRefusal(await listKeys(person.token), 400, 'TENANT_REQUIRED');
    expectRefusal(await createKey(person.token, {}), 400, 'TENANT_REQUIRED');
  });

  it('may be read but not changed while it is suspended', async () => {
    const { tenantId, owner } = await namedBrand('Suspended');
    await sql`update tenants set status = 'suspended' where id = ${tenantId}`;
    expect(await meant(owner.token)).toBe('Suspended');
    expectRefusal(await createKey(owner.token, {}), 403, 'TENANT_SUSPENDED');
    expectRefusal(await createKey(owner.token, { tenantId }), 403, 'TENANT_SUSPENDED');
  });
});

describe('the tenantId in the body of a new key', () => {
  it('says which brand is meant, before the header', async () => {
    const [a, b] = [await namedBrand('A'), await namedBrand('B')];
    await join(a.owner.userId, b.tenantId, 'admin');
    for (const tenantId of [a.tenantId, b.tenantId, b.tenantId.toUpperCase()]) {
      const answer = await createKey(a.owner.token, { tenantId }, { 'x-tenant-id': a.tenantId });
      expect(answer.body.data?.apiKey.tenantId, answer.text).toBe(tenantId.toLowerCase());
    }
  });

  it('is one 404 for a foreign and an unknown brand, and makes nothing', async () => {
    const [a, b] = [await namedBrand('A'), await namedBrand('B')];
    const foreign = await createKey(a.owner.token, { tenantId: b.tenantId });
    expectRefusal(foreign, 404, 'NOT_FOUND');
    expect(comparable(await createKey(a.owner.token, { tenantId: randomUUID() }))).toEqual(comparable(foreign));
    expectRefusal(
      await createKey(a.owner.token, { tenantId: b.tenantId }, { 'x-tenant-id': a.tenantId }),
      404,
      'NOT_FOUND',
    );
    for (const { tenantId } of [a, b]) {
      expect(await sql`select 1 from api_keys where tenant_id = ${tenantId}`).toHaveLength(1);
    }
  });

  it.each(['acme', 1, null, {}, ['x']])('is a UUID, not %j', async (tenantId) => {
    const { owner } = await namedBrand('A');
    const answer = await createKey(owner.token, { tenantId });
    expectRefusal(answer, 400, 'VALIDATION_ERROR');
    expect(answer.body.error.errors[0]).toMatchObject({ location: 'body', field: 'tenantId' });
  });

  it('is not read without a credential', async () => {
    const { tenantId } = await namedBrand('A');
    const answer = await call('POST', 'auth/api-keys', { body: { name: 'x', scopes: ['read'], tenantId } });
    expectRefusal(answer, 401, 'UNAUTHORIZED');
  });
});

describe('a platform admin', () => {
  it('names any brand, and is told when there is none', async () => {
    const { tenantId } = await namedBrand('Any');
    const { token } = await platformAdmin();
    expect(await meant(token, tenantId)).toBe('Any');
    expect((await createKey(token, { tenantId })).status).toBe(201);
    expectRefusal(await listKeys(token, randomUUID()), 404, 'NOT_FOUND');
    expectRefusal(await listKeys(token), 400, 'TENANT_REQUIRED');
  });

  it('has every role in the only brand that they are staff of', async () => {
    const { tenantId } = await namedBrand('Staffed');
    const { userId, token } = await platformAdmin();
    await join(userId, tenantId, 'staff');
    expect(await meant(token)).toBe('Staffed');
  });

  it('changes a suspended brand', async () => {
    const { tenantId, id } = await namedBrand('Suspended');
    await sql`update tenants set status = 'suspended' where id = ${tenantId}`;
    const { token } = await platformAdmin();
    const answer = await call('DELETE', `auth/api-keys/${id}`, { token, headers: { 'x-tenant-id': tenantId } });
    expect(answer.status, answer.text).toBe(200);
  });
});
