import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashToken } from '#src/lib/secrets.ts';
import { atInstant, inSeconds, makeKey, quickBrand } from '../support/keys.ts';
import { type Brand, mailedToken, uniqueEmail } from '../support/people.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);

const page = (token: string, tenantId: string, query = '') =>
  call('GET', `tenants/${tenantId}/audit?limit=100${query}`, { token });
const entries = async ({ tenantId, owner }: Brand, query = ''): Promise<any[]> => {
  const answer = await page(owner.token, tenantId, query);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
};

type Step = { method: string; path: string; token: string; body?: object; headers?: Record<string, string> };

/** What the call has added to the log, oldest first. */
async function added(brand: Brand, step: Step) {
  const before = new Set((await entries(brand)).map(({ id }) => id));
  const { method, path, ...options } = step;
  const requestId = randomUUID();
  const answer = await call(method, path, { ...options, headers: { 'x-request-id': requestId, ...step.headers } });
  const made = (await entries(brand)).filter(({ id }) => !before.has(id)).reverse();
  return { answer, requestId, made };
}

describe('a change', () => {
  it('of a store writes one entry each: who, when, where from, in which request, what was and what is', async () => {
    const brand = await quickBrand(test);
    const { token, userId } = brand.owner;
    const stores = `stores/tenant/${brand.tenantId}`;
    const first = await added(brand, { method: 'POST', path: stores, token, body: { name: 'Leith' } });
    const { id } = first.answer.body.data;
    expect(first.made).toMatchObject([{ action: 'store.created', target: { type: 'store', id }, before: null }]);
    expect(first.made[0].after).toEqual(first.answer.body.data);

    const path = `${stores}/${id}`;
    const now = inSeconds(7);
    const renamed = {
      method: 'PATCH',
      path,
      token,
      body: { name: 'Leith Walk', active: true },
      headers: atInstant(now),
    };
    const { made, requestId } = await added(brand, renamed);
    expect(made).toEqual([
      {
        id: expect.any(String),
        actor: { type: 'user', id: userId },
        action: 'store.updated',
        target: { type: 'store', id },
        before: { name: 'Leith' },
        after: { name: 'Leith Walk' },
        requestId,
        ipAddress: '127.0.0.1',
        createdAt: now.toISOString(),
      },
    ]);

    const second = await call('POST', stores, { token, body: { name: 'Second' } });
    const other = second.body.data.id;
    const chosen = await added(brand, { method: 'POST', path: `${stores}/${other}/default`, token });
    const changed = { action: 'tenant.defaultStoreChanged', target: { type: 'tenant', id: brand.tenantId } };
    expect(chosen.answer.status, chosen.answer.text).toBe(200);
    expect(chosen.made).toMatchObject([
      { ...changed, before: { defaultStoreId: id }, after: { defaultStoreId: other } },
    ]);
    const gone = await added(brand, { method: 'DELETE', path, token });
    expect(gone.made).toMatchObject([{ action: 'store.deleted', before: { id, name: 'Leith Walk' }, after: null }]);
  });

  it('of the brand writes one entry each', async () => {
    const brand = await quickBrand(test, 'Before');
    const { token } = brand.owner;
    const target = { type: 'tenant', id: brand.tenantId };
    expect(await entries(brand)).toMatchObject([
      { action: 'tenant.created', target, before: null, after: { name: 'Before', subdomain: brand.subdomain } },
    ]);
    const path = `tenants/${brand.tenantId}`;
    const { made } = await added(brand, { method: 'PATCH', path, token, body: { name: 'After' } });
    expect(made).toMatchObject([
      { action: 'tenant.updated', target, before: { name: 'Before' }, after: { name: 'After' } },
    ]);
    expect(Object.keys(made[0].after).filter((name) => name !== 'updatedAt')).toEqual(['name']);
    const body = { status: 'closing' };
    const status = await added(brand, { method: 'PUT', path: `${path}/status`, token, body });
    expect(status.answer.status, status.answer.text).toBe(200);
    expect(status.made).toMatchObject([
      { action: 'tenant.statusChanged', target, before: { status: 'active' }, after: { status: 'closing' } },
    ]);
  });

  it('of the team writes one entry each', async () => {
    const brand = await quickBrand(test);
    const { token } = brand.owner;
    const path = `tenants/${brand.tenantId}/team`;
    const person = await quickPerson(test);
    const body = { email: person.email, role: 'staff' };
    const invited = await added(brand, { method: 'POST', path, token, body });
    expect(invited.made).toMatchObject([{ action: 'invitation.created', before: null, after: body }]);
    const mailed = await mailedToken(test, person.email);
    const joining = { method: 'POST', path: `${path}/accept`, token: person.token, body: { token: mailed } };
    const target = { type: 'member', id: person.userId };
    expect((await added(brand, joining)).made).toMatchObject([
      { action: 'member.joined', actor: { type: 'user', id: person.userId }, target, after: { role: 'staff' } },
    ]);
    const member = `${path}/${person.userId}`;
    const promoted = await added(brand, { method: 'PATCH', path: member, token, body: { role: 'admin' } });
    expect(promoted.made).toMatchObject([
      { action: 'member.updated', target, before: { role: 'staff' }, after: { role: 'admin' } },
    ]);
    expect((await added(brand, { method: 'DELETE', path: member, token })).made).toMatchObject([
      { action: 'member.removed', target, before: { role: 'admin' }, after: null },
    ]);
    const open = await call('POST', path, { token, body: { email: uniqueEmail(), role: 'admin' } });
    const invitation = `${path}/invitations/${open.body.data.id}`;
    const revoked = await added(brand, { method: 'DELETE', path: invitation, token });
    expect(revoked.answer.status, revoked.answer.text).toBe(200);
    expect(revoked.made).toMatchObject([{ action: 'invitation.revoked', target: { id: open.body.data.id } }]);
    const all = JSON.stringify(await entries(brand));
    for (const secret of [mailed, hashToken(mailed)]) expect(all).not.toContain(secret);
    expect(all).not.toMatch(/token|hash/i);
  });

  it('of a key writes one entry for each key that it changes, without the key or its hash', async () => {
    const brand = await quickBrand(test);
    const { token } = brand.owner;
    const { id, key, apiKey } = await makeKey(test, brand);
    const target = { type: 'apiKey', id };
    expect((await entries(brand))[0]).toMatchObject({ action: 'apiKey.created', target, before: null, after: apiKey });
    const path = `auth/api-keys/${id}`;
    expect((await added(brand, { method: 'PATCH', path, token, body: { enabled: false } })).made).toMatchObject([
      { action: 'apiKey.updated', target, before: { enabled: true }, after: { enabled: false } },
    ]);
    await call('PATCH', path, { token, body: { enabled: true } });
    const { made, answer } = await added(brand, { method: 'POST', path: `${path}/rotate`, token });
    const fresh = answer.body.data;
    expect(made.map(({ action, target }) => [action, target.id])).toEqual([
      ['apiKey.rotated', id],
      ['apiKey.created', fresh.apiKey.id],
    ]);
    expect(made[0]).toMatchObject({ before: { expiresAt: null }, after: { expiresAt: expect.any(String) } });
    expect((await added(brand, { method: 'DELETE', path, token })).made).toMatchObject([
      { action: 'apiKey.revoked', target, before: { revokedAt: null }, after: { revokedAt: expect.any(String) } },
    ]);
    expect((await added(brand, { method: 'DELETE', path, token })).made).toEqual([]);
    const all = JSON.stringify(await entries(brand));
    for (const secret of [key, fresh.key])
      for (const text of [secret, hashToken(secret)]) expect(all).not.toContain(text);
  });

  it('by a key names the key', async () => {
    const brand = await quickBrand(test);
    const { id, key } = await makeKey(test, brand);
    const path = `stores/tenant/${brand.tenantId}`;
    const { made } = await added(brand, { method: 'POST', path, token: key, body: { name: 'By key' } });
    expect(made).toMatchObject([{ action: 'store.created', actor: { type: 'apiKey', id } }]);
  });

  it('that is replayed under its Idempotency-Key writes no second entry', async () => {
    const brand = await quickBrand(test);
    const headers = { 'idempotency-key': randomUUID() };
    const path = `stores/tenant/${brand.tenantId}`;
    const step = { method: 'POST', path, token: brand.owner.token, body: { name: 'Once' }, headers };
    expect((await added(brand, step)).made).toHaveLength(1);
    const again = await added(brand, step);
    expect([again.answer.status, again.answer.headers['idempotent-replayed']]).toEqual([201, 'true']);
    expect(again.made).toEqual([]);
  });

  it('that is refused writes none', async () => {
    const brand = await quickBrand(test);
    const { tenantId, owner } = brand;
    const { token } = owner;
    const staff = await quickMember(test, tenantId, 'staff');
    const stores = `stores/tenant/${tenantId}`;
    await call('POST', stores, { token, body: { name: 'Taken' } });
    const { id } = await makeKey(test, brand);
    await call('DELETE', `auth/api-keys/${id}`, { token });
    const before = (await entries(brand)).length;
    const refusals = [
      call('POST', stores, { token, body: { name: 'Other', slug: 'taken' } }),
      call('POST', stores, { token: staff.token, body: { name: 'Other' } }),
      call('POST', stores, { token, body: {} }),
      call('PATCH', `${stores}/${randomUUID()}`, { token, body: { name: 'Other' } }),
      call('PATCH', `auth/api-keys/${id}`, { token, body: { name: 'Other' } }),
      call('POST', `auth/api-keys/${id}/rotate`, { token }),
      call('DELETE', `tenants/${tenantId}/team/${owner.userId}`, { token }),
      call('POST', `tenants/${tenantId}/team`, { token, body: { email: staff.email, role: 'staff' } }),
    ];
    const statuses = (await Promise.all(refusals)).map(({ status }) => status);
    expect(statuses).toEqual([409, 403, 400, 404, 409, 409, 409, 409]);
    expect(await entries(brand)).toHaveLength(before);
  });

  it('is not made when its entry cannot be written', async () => {
    const brand = await quickBrand(test, 'Before');
    const { token } = brand.owner;
    const path = `tenants/${brand.tenantId}`;
    await sql`alter table audit_entries add constraint none check (action <> 'tenant.updated') not valid`;
    const answer = await call('PATCH', path, { token, body: { name: 'After' } });
    await sql`alter table audit_entries drop constraint none`;
    expect(answer.status).toBe(500);
    expect((await call('GET', path, { token })).body.data.name).toBe('Before');
  });
});

describe('the log', () => {
  it('is read by admins and by keys with read, by nobody else', async () => {
    const brand = await quickBrand(test);
    const { tenantId } = brand;
    const { key } = await makeKey(test, brand, { scopes: ['read'] });
    const admin = await quickMember(test, tenantId, 'admin');
    for (const token of [admin.token, key]) expect((await page(token, tenantId)).status).toBe(200);
    const staff = await quickMember(test, tenantId, 'staff');
    expectRefusal(await page(staff.token, tenantId), 403, 'FORBIDDEN');
    expectRefusal(await page((await quickBrand(test)).owner.token, tenantId), 404, 'NOT_FOUND');
    expectRefusal(await call('GET', `tenants/${tenantId}/audit`), 401, 'UNAUTHORIZED');
  });

  it('is filtered by action and by actor', async () => {
    const brand = await quickBrand(test);
    const { tenantId, owner } = brand;
    const admin = await quickMember(test, tenantId, 'admin');
    const path = `stores/tenant/${tenantId}`;
    for (const { token } of [owner, admin, admin]) await call('POST', path, { token, body: { name: randomUUID() } });
    const count = async (query: string) => (await entries(brand, query)).length;
    expect(await count('')).toBe(4);
    expect(await count('&action=store.created')).toBe(3);
    expect(await count(`&actorId=${admin.userId}`)).toBe(2);
    expect(await count(`&actorId=${owner.userId.toUpperCase()}&action=store.created`)).toBe(1);
    expect(await count(`&actorId=${admin.userId}&action=tenant.created`)).toBe(0);
    expect(await count('&action=store')).toBe(0);
  });

  it('is read page by page, newest first, and stays in order while entries are added', async () => {
    const brand = await quickBrand(test);
    const { token } = brand.owner;
    // All at one instant: then the ids decide.
    const headers = atInstant(inSeconds(1));
    const change = (name: string, at = headers) =>
      call('PATCH', `tenants/${brand.tenantId}`, { token, body: { name }, headers: at });
    for (let index = 0; index < 6; index += 1) await change(`Name ${index}`);
    const before = (await entries(brand)).map(({ id }) => id);
    expect(before).toHaveLength(7);
    const names = (await entries(brand, '&action=tenant.updated')).map(({ after }) => after.name);
    expect(names).toEqual([5, 4, 3, 2, 1, 0].map((index) => `Name ${index}`));

    const seen: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 10; pages += 1) {
      const url: string = `tenants/${brand.tenantId}/audit?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const { body } = await call('GET', url, { token });
      expect(body.data.length).toBeLessThanOrEqual(2);
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.meta.nextCursor;
      await change(`Added ${pages}`, atInstant(inSeconds(10 + pages)));
    }
    expect(seen).toEqual(before);
    expect((await entries(brand)).slice(-before.length).map(({ id }) => id)).toEqual(before);
  });

  it.each([
    'update audit_entries set action = action',
    'update audit_entries set action = action where false',
    'delete from audit_entries',
    'truncate audit_entries',
    'truncate audit_entries cascade',
  ])('is append-only: the database refuses "%s"', async (statement) => {
    const brand = await quickBrand(test);
    await expect(sql.unsafe(statement)).rejects.toThrow('audit_entries is append-only');
    expect(await entries(brand)).toHaveLength(1);
  });
});
