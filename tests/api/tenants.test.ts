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
