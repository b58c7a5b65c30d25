import { describe, expect, it, vi } from 'vitest';
import { PASSWORD, register, uniqueEmail } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

// Only the throttle speaks here: the bucket of the address, which comes before it, has tests of its own.
vi.mock('#src/lib/limits.ts', async (load) => {
  const limits = await load<typeof import('#src/lib/limits.ts')>();
  const wide = { max: 1_000_000, seconds: 60, whenDown: 'closed' };
  return { ...limits, RATE_LIMITS: { ...limits.RATE_LIMITS, login: wide, register: wide } };
});

const test = await startTestApp({ TRUST_PROXY: '127.0.0.1', RATE_LIMITS: 'on' });
const { call } = test;

const START = Date.now();
const logIn = (email: string, { password = PASSWORD, from = '198.51.100.1', second = 0 } = {}) =>
  call('POST', 'auth/login', {
    body: { email, password },
    headers: { 'x-forwarded-for': from, 'x-test-clock': new Date(START + second * 1000).toISOString() },
  });

describe('wrong passwords', () => {
  it('are slowed down after five, with the seconds to wait, and a right one clears the count', async () => {
    const { email } = await register(test);
    for (let attempt = 0; attempt < 6; attempt += 1) {
      expect((await logIn(email, { password: 'wrong-password' })).status).toBe(401);
    }
    const refused = await logIn(email);
    expect(refused.status).toBe(429);
    expect(refused.body.error.code).toBe('RATE_LIMITED');
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.body.error.details).toEqual({ retryAfterSeconds: 1 });
    expect((await logIn(email, { second: 3 })).status).toBe(200);
    expect((await logIn(email, { second: 3, password: 'wrong-password' })).status).toBe(401);
  });

  it('do not lock the owner out: a thousand of them, then the right one', async () => {
    const { email } = await register(test);
    const statuses = new Map<number, number>();
    for (let attempt = 0; attempt < 1000; attempt += 1) {
      const { status } = await logIn(email, { password: `wrong-${attempt}`, second: attempt * 0.1 });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(statuses.get(401)).toBeLessThan(20);
    expect(statuses.get(429)).toBeGreaterThan(980);
    // From the owner's own address at once; from the attacker's after half a minute at most.
    expect((await logIn(email, { second: 100, from: '203.0.113.7' })).status).toBe(200);
    expect((await logIn(email, { second: 131 })).status).toBe(200);
  });

  it('from many addresses slow each of them after its first, and still not the owner', async () => {
    const { email } = await register(test);
    for (let address = 0; address < 60; address += 1) {
      await logIn(email, { password: 'wrong-password', from: `198.51.101.${address}` });
    }
    const from = '198.51.102.1';
    expect((await logIn(email, { password: 'wrong-password', from })).status).toBe(401);
    expect((await logIn(email, { password: 'wrong-password', from })).status).toBe(401);
    expect((await logIn(email, { password: 'wrong-password', from })).status).toBe(429);
    expect((await logIn(email, { from: '203.0.113.8' })).status).toBe(200);
  });

  it('of one subscriber count together over its IPv6 network', async () => {
    const { email } = await register(test);
    const answers: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      answers.push((await logIn(email, { password: 'wrong-password', from: `2001:db8:1:2::${attempt}` })).status);
    }
    expect(answers).toEqual([401, 401, 401, 401, 401, 401, 429, 429]);
  });

  it('of strangers at one address do not hold up who has signed in from there before', async () => {
    const [known, fresh] = [await register(test), await register(test)];
    const from = '198.51.100.77';
    expect((await logIn(known.email, { from })).status).toBe(200);
    for (let guess = 0; guess < 60; guess += 1) {
      await logIn(uniqueEmail(), { password: 'wrong-password', from, second: guess * 10 });
    }
    await logIn(uniqueEmail(), { password: 'wrong-password', from, second: 601 });
    expect((await logIn(fresh.email, { from, second: 601 })).status).toBe(429);
    expect((await logIn(known.email, { from, second: 601 })).status).toBe(200);
  });

  it('in one burst are counted while they are being hashed', async () => {
    const { email } = await register(test);
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => logIn(email, { password: 'wrong-password', from: '198.51.100.78' })),
    );
    const tried = answers.filter(({ status }) => status === 401).length;
    expect(tried).toBeGreaterThan(0);
    expect(tried).toBeLessThanOrEqual(7);
    expect(answers.every(({ status }) => status === 401 || status === 429)).toBe(true);
  });

  it('at once, when an account is being slowed down: one gets the turn', async () => {
    const { email } = await register(test);
    for (let attempt = 0; attempt < 6; attempt += 1) await logIn(email, { password: 'wrong-password' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => logIn(email, { password: 'wrong-password', second: 60 })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([401, ...Array(9).fill(429)]);
  });
});

describe('known and unknown e-mail', () => {
  it('are one answer', async () => {
    const { email } = await register(test);
    const answers = [
      await logIn(email, { password: 'wrong-password' }),
      await logIn(uniqueEmail(), { password: 'wrong-password' }),
    ];
    const bodies = answers.map(({ body: { error } }) => ({ ...error, timestamp: '', requestId: '' }));
    expect(bodies[0]).toEqual(bodies[1]);
    expect(answers[0]?.status).toBe(401);
    expect(bodies[0]).toMatchObject({ code: 'INVALID_CREDENTIALS' });
  });
});
