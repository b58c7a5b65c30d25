import { describe, expect, it } from 'vitest';
import { createBrand } from '../support/people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1' });
const { call } = test;

async function makeKey(limits: object) {
  const brand = await createBrand(test);
  const body = { name: 'k', scopes: ['read'], ...limits };
  const made = await call('POST', 'auth/api-keys', { token: brand.owner.token, body });
  return { ...made.body.data, brand, answer: made };
}

const use = (key: string, from = '127.0.0.1') =>
  call('GET', 'auth/verify', { token: key, headers: { 'x-forwarded-for': from } });

describe('a key that is bound to addresses', () => {
  it('works from there, and is one uniform 401 from elsewhere', async () => {
    const { key, brand, apiKey } = await makeKey({
      allowedAddresses: ['203.0.113.0/24', '2001:db8::/32', '198.51.100.7'],
    });
    for (const from of ['203.0.113.9', '::ffff:203.0.113.9', '2001:db8:1::1', '198.51.100.7']) {
      expect((await use(key, from)).status, from).toBe(200);
    }
    for (const from of ['203.0.114.9', '2001:db9::1', '198.51.100.8'])
      expectRefusal(await use(key, from), 401, 'INVALID_API_KEY');
    const path = `auth/api-keys/${apiKey.id}`;
    const opened = await call('PATCH', path, { token: brand.owner.token, body: { allowedAddresses: [] } });
    expect(opened.body.data.allowedAddresses).toEqual([]);
    expect((await use(key, '198.51.100.8')).status).toBe(200);
  });

  it.each(['203.0.113.256', '10.0.0.0/33', 'localhost', '', '010.0.0.1', '::/129'])('refuses %j', async (entry) => {
    const { answer } = await makeKey({ allowedAddresses: [entry] });
    expectRefusal(answer, 400, 'VALIDATION_ERROR');
    expect(answer.body.error.errors[0].field).toBe('allowedAddresses.0');
  });
});

describe('a key with a limit of its own', () => {
  it('has the smaller one of that and the plan, and hands it on when it is replaced', async () => {
    const { key, brand, apiKey } = await makeKey({ requestsPerMinute: 2, allowedAddresses: ['127.0.0.1'] });
    expect((await use(key)).headers['x-ratelimit-limit']).toBe('2');
    expect((await use(key)).status).toBe(200);
    expectRefusal(await use(key), 429, 'RATE_LIMITED');
    const { token } = brand.owner;
    const verified = await call('POST', 'auth/api-keys/verify', { token, body: { key } });
    expect(verified.body.data.code).toBe('RATE_LIMITED');
    const rotated = await call('POST', `auth/api-keys/${apiKey.id}/rotate`, { token });
    expect(rotated.body.data.apiKey).toMatchObject({ requestsPerMinute: 2, allowedAddresses: ['127.0.0.1'] });
    const { key: wide } = await makeKey({ requestsPerMinute: 100_000 });
    expect((await use(wide)).headers['x-ratelimit-limit']).toBe('300');
  });
});
