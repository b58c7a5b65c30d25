import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { createBrand, register } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;

describe('public page', () => {
  it('shows only what is public', async () => {
    const brand = await createBrand(test, { theme: { primaryColor: '#123456' }, timezone: 'Asia/Kathmandu' });
    const answer = await call('GET', `tenants/public/${brand.subdomain.toUpperCase()}`);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body.data).sort()).toEqual(
      ['currency', 'customDomain', 'description', 'id', 'locale', 'logoUrl', 'name', 'subdomain', 'theme'].sort(),
    );
    expect(answer.body.data.theme).toEqual({ primaryColor: '#123456' });
  });

  it('answers 304 to a client that has it, until it changes', async () => {
    const brand = await createBrand(test);
    const path = `tenants/public/${brand.subdomain}`;
    const { etag } = (await call('GET', path)).headers;
    const again = await call('GET', path, { headers: { 'if-none-match': `"other", W/${etag}` } });
    expect(again.status).toBe(304);
    expect(again.text).toBe('');
    await call('PATCH', `tenants/${brand.tenantId}`, { token: brand.owner.token, body: { name: 'Changed' } });
    const changed = await call('GET', path, { headers: { 'if-none-match': etag } });
    expect(changed.status).toBe(200);
    expect(changed.body.data.name).toBe('Changed');
  });
});

describe('making a brand', () => {
  it('refuses a taken or reserved subdomain in any spelling', async () => {
    const person = await register(test);
    const brand = await createBrand(test);
    const taken = [brand.subdomain, brand.subdomain.toUpperCase(), 'admin', 'ＡＰＩ'];
    for (const subdomain of taken) {
      const answer = await call('POST', 'tenants', { token: person.token, body: { name: 'X', subdomain } });
      expect(answer.status, subdomain).toBe(409);
      expect(answer.body.error.code).toBe('SUBDOMAIN_TAKEN');
    }
  });
});

describe('the directory', () => {
  it.each(['shop.xn--e1afmkfd.xn--p1ai', 'a.b.example'])(
    'takes the domain %s, also with its trailing dot',
    async (host) => {
      const brand = await createBrand(test);
      const domain = `${brand.subdomain}.${host}`;
      const change = { token: brand.owner.token, body: { customDomain: domain } };
      expect((await call('PATCH', `tenants/${brand.tenantId}`, change)).status).toBe(200);
      const found = await call('GET', `tenants/public?domain=${domain}.`);
      expect(found.body.data.map(({ id }: any) => id)).toEqual([brand.tenantId]);
    },
  );

  it('lists listed and active brands only, and finds one by its domain', async () => {
    const [listed, unlisted] = [await createBrand(test), await createBrand(test, { public: false })];
    const domain = `${unlisted.subdomain}.example.com`;
    const set = await call('PATCH', `tenants/${unlisted.tenantId}`, {
      token: unlisted.owner.token,
      body: { customDomain: domain.toUpperCase() },
    });
    expect(set.body.data.customDomain).toBe(domain);
    const ids = await allPublicIds();
    expect(ids).toContain(listed.tenantId);
    expect(ids).not.toContain(unlisted.tenantId);
    const found = await call('GET', `tenants/public?domain=${domain}`);
    expect(found.body.data.map(({ id }: any) => id)).toEqual([unlisted.tenantId]);
    expect((await call('GET', 'tenants/public?domain=nobody.example.com')).body.data).toEqual([]);
    const taken = await call('PATCH', `tenants/${listed.tenantId}`, {
      token: listed.owner.token,
      body: { customDomain: domain },
    });
    expect(taken.body.error.code).toBe('CUSTOM_DOMAIN_TAKEN');
  });
});

describe('the status of a brand', () => {
  const platformAdmin = async () => {
    const person = await register(test);
    await test.deps.db.execute(sql`update users set platform_role = 'admin' where id = ${person.userId}`);
    return person;
  };
  const setStatus = (tenantId: string, token: string, status: string) =>
    call('PUT', `tenants/${tenantId}/status`, { token, body: { status } });

  it('suspended: gone for everybody at once, and its team reads but changes nothing', async () => {
    const brand = await createBrand(test);
    const admin = await platformAdmin();
    const { token } = brand.owner;
    await call('POST', `stores/tenant/${brand.tenantId}`, { token, body: { name: 'S' } });
    const { etag } = (await call('GET', `tenants/public/${brand.subdomain}`)).headers;
    expect((await setStatus(brand.tenantId, token, 'suspended')).status).toBe(403);
    expect((await setStatus(brand.tenantId, admin.token, 'suspended')).body.data.status).toBe('suspended');

    const page = await call('GET', `tenants/public/${brand.subdomain}`, { headers: { 'if-none-match': etag } });
    const unknown = await call('GET', 'tenants/public/no-such-brand');
    const bare = ({ body }: any) => ({ ...body.error, path: '', requestId: '', timestamp: '' });
    expect(page.status).toBe(404);
    expect(bare(page)).toEqual(bare(unknown));
    expect(await allPublicIds()).not.toContain(brand.tenantId);
    expect((await call('GET', `stores/tenant/${brand.tenantId}`)).status).toBe(404);
    expect((await call('GET', `stores/tenant/${brand.tenantId}/default`)).status).toBe(404);

    expect((await call('GET', `tenants/${brand.tenantId}`, { token })).body.data.status).toBe('suspended');
    const head = { method: 'HEAD' as const, url: `/api/v1/tenants/${brand.tenantId}` };
    const headers = { authorization: `Bearer ${token}` };
    expect((await test.app.inject({ ...head, headers })).statusCode).toBe(200);
    const nobody = 'stores/tenant/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071';
    expect((await call('GET', nobody, { token: admin.token })).status).toBe(404);
    const write = await call('PATCH', `tenants/${brand.tenantId}`, { token, body: { name: 'X' } });
    expect([write.status, write.body.error.code]).toEqual([403, 'TENANT_SUSPENDED']);
    expect((await setStatus(brand.tenantId, token, 'active')).status).toBe(403);
    expect((await setStatus(brand.tenantId, admin.token, 'active')).status).toBe(200);
    expect((await call('GET', `tenants/public/${brand.subdomain}`)).status).toBe(200);
  });

  it('closing: out of the directory, reopened by its owner', async () => {
    const brand = await createBrand(test);
    const { token } = brand.owner;
    expect((await setStatus(brand.tenantId, token, 'closing')).status).toBe(200);
    expect((await setStatus(brand.tenantId, token, 'closing')).body.error.code).toBe('ILLEGAL_STATUS_CHANGE');
    expect(await allPublicIds()).not.toContain(brand.tenantId);
    expect((await call('GET', `tenants/public/${brand.subdomain}`)).status).toBe(200);
    expect((await setStatus(brand.tenantId, token, 'active')).status).toBe(200);
  });
});

async function allPublicIds(): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await call('GET', `tenants/public?limit=100${cursor && `&cursor=${cursor}`}`);
    ids.push(...page.body.data.map(({ id }: any) => id));
    cursor = page.body.meta.nextCursor;
  }
  return ids;
}
