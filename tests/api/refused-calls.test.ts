import { describe, expect, it } from 'vitest';
import { PLAN_LIMITS } from '#src/plans/rules.ts';
import { createBrand } from '../support/people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'on' });
const { call } = test;

describe('calls that are refused', () => {
  it('count against the limit of the key that makes them', async () => {
    const { tenantId, owner } = await createBrand(test);
    const made = await call('POST', 'auth/api-keys', { token: owner.token, body: { name: 'k', scopes: ['read'] } });
    const { key } = made.body.data;
    const write = () => call('POST', `stores/tenant/${tenantId}`, { token: key, body: { name: 'S' } });
    const first = await write();
    expectRefusal(first, 403, 'INSUFFICIENT_SCOPE');
    const { requestsPerMinute } = PLAN_LIMITS.free;
    expect(first.headers).toMatchObject({ 'x-ratelimit-plan': 'free', 'x-ratelimit-limit': String(requestsPerMinute) });
    for (let n = 1; n < requestsPerMinute; n += 1) expect((await write()).status).toBe(403);
    expectRefusal(await write(), 429, 'RATE_LIMITED');
    expectRefusal(await call('GET', 'auth/verify', { token: key }), 429, 'RATE_LIMITED');
  });

  it('for an odd day of a report are 400', async () => {
    const { owner } = await createBrand(test);
    const made = await call('POST', 'auth/api-keys', { token: owner.token, body: { name: 'k', scopes: ['read'] } });
    const usage = `auth/api-keys/${made.body.data.apiKey.id}/usage`;
    for (const query of [
      'to=0001-01-01',
      'from=1999-12-31',
      'to=9999-12-31',
      'to=2026-02-30',
      'from=2026-01-02&to=2026-01-01',
    ]) {
      expectRefusal(await call('GET', `${usage}?${query}`, { token: owner.token }), 400, 'VALIDATION_ERROR');
    }
  });
});

describe('an instant in a body', () => {
  it('is read with any offset, and answered in UTC with milliseconds', async () => {
    const { owner } = await createBrand(test);
    for (const [given, shown] of [
      ['2030-01-01T00:00:00Z', '2030-01-01T00:00:00.000Z'],
      ['2030-01-01T02:00:00.5+02:00', '2030-01-01T00:00:00.500Z'],
    ]) {
      const body = { name: 'k', scopes: ['read'], expiresAt: given };
      const made = await call('POST', 'auth/api-keys', { token: owner.token, body });
      expect(made.body.data.apiKey.expiresAt).toBe(shown);
    }
  });
});

describe('an Idempotency-Key', () => {
  it('means the same with a slash at the end of the path and with the id in capitals', async () => {
    const { tenantId, owner } = await createBrand(test);
    const save = (path: string) =>
      call('POST', path, { token: owner.token, headers: { 'idempotency-key': 'one' }, body: { name: 'S' } });
    expect((await save(`stores/tenant/${tenantId}`)).status).toBe(201);
    for (const path of [`stores/tenant/${tenantId}/`, `stores/tenant/${tenantId.toUpperCase()}`]) {
      const again = await save(path);
      expect([again.status, again.headers['idempotent-replayed']], path).toEqual([201, 'true']);
    }
  });
});
