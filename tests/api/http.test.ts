import { describe, expect, it } from 'vitest';
import { createBrand, PASSWORD, register, uniqueEmail } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;

describe('health', () => {
  it.each(['/health', '/api/v1/health', '/health/live', '/api/v1/health/live'])('%s says ok', async (path) => {
    const answer = await call('GET', path);
    expect(answer.body.data).toMatchObject({ status: 'ok', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(answer.body.data.uptimeSeconds).toBeGreaterThan(0);
  });

  it.each(['/health/ready', '/api/v1/health/ready'])('%s names its checks', async (path) => {
    const { data } = (await call('GET', path)).body;
    expect(data.status).toBe('ready');
    expect(Object.keys(data.checks).sort()).toEqual(['database', 'migrations', 'storage']);
    expect(data.checks.database).toMatchObject({ status: 'up', latencyMs: expect.any(Number) });
  });

  it('is not ready from the moment that shutdown begins', async () => {
    test.deps.lifecycle.draining = true;
    const answer = await call('GET', '/health/ready');
    const live = await call('GET', '/health/live');
    test.deps.lifecycle.draining = false;
    expect(answer.status).toBe(503);
    expect(answer.body.error).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      details: { reason: 'draining', checks: { database: { status: 'up' } } },
    });
    expect(live.status).toBe(200);
  });
});

describe('request ids', () => {
  it.each(['abc', 'a.b-c_d:e/f+g=h@i', 'x'.repeat(128)])('%s is taken from the request', async (id) => {
    const answer = await call('GET', '/nope', { headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id']).toBe(id);
    expect(answer.body.error.requestId).toBe(id);
    expect(test.logs()).toContain(`"requestId":"${id}"`);
  });

  it.each(['', 'with space', 'x'.repeat(129), '{"a":1}', 'é'])('%j is replaced', async (id) => {
    const answer = await call('GET', '/health', { headers: { 'x-request-id': id } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('headers', () => {
  it('let any origin call without cookies, and read the headers that matter', async () => {
    const preflight = await call('OPTIONS', 'auth/login', {
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization,content-type,idempotency-key',
    });
    expect(preflight.headers['access-control-allow-credentials']).toBeUndefined();
    const answer = await call('GET', '/health', { headers: { origin: 'https://shop.example' } });
    expect(answer.headers['access-control-expose-headers']).toContain('x-request-id');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('are on refusals too, and sessions are never cached', async () => {
    const body = { email: uniqueEmail(), password: 'wrong-password' };
    const answer = await call('POST', 'auth/login', { body, headers: { origin: 'https://shop.example' } });
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' });
  });
});

it('a path that the router refuses has the same headers as every answer', async () => {
  for (const path of ['/%zz', `/api/v1/tenants/${'x'.repeat(400)}`]) {
    const answer = await call('GET', path, { headers: { origin: 'https://shop.example', 'x-request-id': 'my-id' } });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: 'VALIDATION_ERROR', requestId: 'my-id' });
    expect(answer.headers).toMatchObject({
      'x-request-id': 'my-id',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    });
  }
});

describe('metrics', () => {
  it('are behind their token', async () => {
    await call('GET', '/health');
    expect((await call('GET', '/metrics')).status).toBe(401);
    expect((await call('GET', '/metrics', { token: 'wrong' })).status).toBe(401);
    const answer = await call('GET', '/metrics', { token: test.deps.config.METRICS_TOKEN });
    expect(answer.text).toContain('http_request_duration_seconds_count{operation="getHealth",status="200"}');
    expect(answer.text).toContain('password_hashes{state="waiting"} 0');
  });
});

describe('cursors', () => {
  it('of another list, another brand or another hand are refused', async () => {
    const [brand, other] = [await createBrand(test), await createBrand(test)];
    const { token } = brand.owner;
    for (const name of ['A', 'B', 'C']) {
      await call('POST', `stores/tenant/${brand.tenantId}`, { token, body: { name } });
    }
    const { nextCursor } = (await call('GET', `stores/tenant/${brand.tenantId}?limit=1`)).body.meta;
    const flipped = (nextCursor[0] === 'A' ? 'B' : 'A') + nextCursor.slice(1);
    const paths = [
      `stores/tenant/${other.tenantId}?cursor=${nextCursor}`,
      `tenants/public?cursor=${nextCursor}`,
      `stores/tenant/${brand.tenantId}?cursor=${flipped}`,
      `stores/tenant/${brand.tenantId}?cursor=${Buffer.from('0.0').toString('base64url')}`,
    ];
    for (const path of paths) {
      const answer = await call('GET', path);
      expect(answer.status, path).toBe(400);
      expect(answer.body.error.errors).toEqual([
        { location: 'query', field: 'cursor', message: 'Not a cursor of this list.' },
      ]);
    }
  });
});

describe('secrets', () => {
  it('are in no log line and in no answer but their own', async () => {
    const person = await register(test);
    const canary = 'canary-password-7391';
    const calls = [
      await call('POST', 'auth/login', { body: { email: person.email, password: canary } }),
      await call('POST', 'auth/register', { body: { email: person.email, password: canary } }),
      await call('POST', 'auth/refresh', { body: { refreshToken: `ttr_${canary}` } }),
      await call('GET', `auth/me?secret=${canary}`, { token: `x.${canary}.y` }),
      await call('POST', `auth/login?token=${canary}`, {
        body: `{"password":"${canary}"`,
        headers: { 'content-type': 'application/json' },
      }),
      await call('GET', `/nope?token=${canary}`, { headers: { cookie: canary, 'x-api-key': canary } }),
    ];
    expect(calls.map(({ status }) => status)).toEqual([401, 409, 401, 401, 400, 404]);
    const answers = calls.map(({ text, headers }) => text + JSON.stringify(headers)).join('');
    for (const text of [answers, test.logs()]) {
      for (const secret of [canary, PASSWORD, person.token, person.refreshToken, person.email, 'argon2id']) {
        expect(text.includes(secret), secret).toBe(false);
      }
    }
    expect(test.logs().length).toBeGreaterThan(1000);
  });
});
