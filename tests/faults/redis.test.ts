import { describe, expect, it, vi } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { type HeaderCaller, headerCaller, makeApiKey } from '../support/idempotent.ts';
import { createBrand } from '../support/people.ts';
import { type PrivateRedis, privateRedis, startRedis, startSilentServer } from '../support/redis.ts';
import { expectRefusal } from '../support/refusals.ts';
import { type RunningServer, serverEnvironment, startServer } from '../support/server-process.ts';
import type { Answer, TestApp } from '../support/test-app.ts';

const { url: databaseUrl } = await createTestDatabase();
const STANDARD = 50;
// Two waits of half a second on a Redis that hangs, and room for a busy machine.
const NOT_HANGING = { timeoutMs: 5_000 };
const BACK = { timeout: 15_000, interval: 100 };

type Limited = { server: RunningServer; ask: HeaderCaller };

async function startLimited(redisUrl: string): Promise<Limited> {
  const env = { RATE_LIMITS: 'on', RATE_LIMIT_PER_ADDRESS: String(STANDARD), TRUST_PROXY: '127.0.0.1' };
  const server = await startServer(serverEnvironment(databaseUrl, { ...env, REDIS_URL: redisUrl }));
  return { server, ask: headerCaller(server.url) };
}

let addresses = 0;
function from(): Record<string, string> {
  addresses += 1;
  return { 'x-forwarded-for': `10.2.${Math.floor(addresses / 250)}.${1 + (addresses % 250)}` };
}

const readAs = (ask: HeaderCaller, headers = from()) => ask('tenants/public', { headers, ...NOT_HANGING });

// Where guessing pays. What each is asked would be a 4xx.
const CLOSED = ['auth/login', 'auth/register', 'auth/password/forgot', 'auth/wallet/login', 'auth/api-keys/verify'];
const guess = (ask: HeaderCaller, path: string, headers = from()) =>
  ask(path, { method: 'POST', body: {}, headers, ...NOT_HANGING });

function expectClosed(answer: Answer): void {
  expectRefusal(answer, 503, 'SERVICE_UNAVAILABLE');
  expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
}

/** Reads go on, what is guessed at is closed, and the process and its database are well. */
async function expectDegraded({ ask }: Limited): Promise<void> {
  for (const path of CLOSED) expectClosed(await guess(ask, path));
  const headers = from();
  const reads = await Promise.all(Array.from({ length: STANDARD * 2 }, () => readAs(ask, headers)));
  expect(reads.filter(({ status }) => status !== 200)).toEqual([]);
  expect((await ask('health/ready', NOT_HANGING)).status).toBe(200);
}

/** Limits count again, and the closed are open. */
async function expectWhole({ ask }: Limited): Promise<void> {
  await vi.waitFor(async () => expect((await guess(ask, 'auth/login')).status).toBe(400), BACK);
  for (const path of CLOSED) expect((await guess(ask, path)).status, path).toBeLessThan(402);
  const headers = from();
  for (const left of [49, 48, 47]) {
    expect((await readAs(ask, headers)).headers['x-ratelimit-remaining']).toBe(String(left));
  }
}

const logged = (server: RunningServer, text: string) => server.stdout().split(text).length - 1;

async function expectCleanEnd({ server }: Limited): Promise<void> {
  expect(await server.stop(), server.stderr()).toEqual({ code: 0, signal: null });
  expect(server.stderr()).toBe('');
  expect(server.stdout()).not.toMatch(/unhandled|uncaught|unexpected error/i);
}

/** Readers and writers. Says what they saw that they must not see. */
function keepAsking({ ask }: Limited, person: { token: string; path: string }) {
  const wrong: string[] = [];
  let stopped = false;
  const look = async (what: string, answer: Promise<Answer>, allowed: number[]) => {
    const seen = await answer.then(
      ({ status, text }) => (allowed.includes(status) ? null : `${status} ${text.slice(0, 200)}`),
      (error) => `no answer: ${String(error.cause ?? error)}`,
    );
    if (seen) wrong.push(`${what}: ${seen}`);
  };
  const headers = () => ({ ...from(), authorization: `Bearer ${person.token}` });
  const workers = Array.from({ length: 4 }, async (_, worker) => {
    for (let n = 0; !stopped; n += 1) {
      await look('read', readAs(ask), [200]);
      await look('me', ask('auth/me', { headers: headers(), ...NOT_HANGING }), [200]);
      const body = { name: `${worker} ${n}` };
      await look('write', ask(person.path, { method: 'POST', body, headers: headers(), ...NOT_HANGING }), [201]);
      await look('login', guess(ask, 'auth/login'), [400, 503]);
      // Below the user's own limit.
      await pause(150);
    }
  });
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(workers);
      return wrong;
    },
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('two processes on one Redis', () => {
  it('share every limit to the last request', async () => {
    const redis = await startRedis();
    const processes = await Promise.all([startLimited(redis.url), startLimited(redis.url)]);
    const [first] = processes as [Limited, Limited];
    const burst = (count: number, ask: (one: Limited) => Promise<Answer>) =>
      Promise.all(Array.from({ length: count }, (_, n) => ask(processes[n % 2] as Limited)));
    const passed = (answers: Answer[]) => answers.filter(({ status }) => status !== 429).length;

    const reader = from();
    const reads = await burst(STANDARD * 2, ({ ask }) => readAs(ask, reader));
    expect(passed(reads)).toBe(STANDARD);
    const left = reads.map(({ headers }) => Number(headers['x-ratelimit-remaining'])).sort((a, b) => b - a);
    expect(left.slice(0, STANDARD)).toEqual(Array.from({ length: STANDARD }, (_, n) => STANDARD - 1 - n));
    for (const answer of reads.filter(({ status }) => status === 429)) expectRefusal(answer, 429, 'RATE_LIMITED');

    const guesser = from();
    const logins = await burst(60, ({ ask }) => guess(ask, 'auth/login', guesser));
    expect(passed(logins)).toBe(Number(logins[0]?.headers['x-ratelimit-limit']));

    const brand = await createBrand({ call: first.server.call } as TestApp);
    const { key } = await makeApiKey({ call: first.server.call } as TestApp, brand);
    const path = `stores/tenant/${brand.tenantId}`;
    const calls = await burst(330, ({ ask }) => ask(path, { headers: { ...from(), 'x-api-key': key } }));
    expect(passed(calls)).toBe(300);
    expect(calls.filter(({ headers }) => headers['x-ratelimit-plan'] !== 'free')).toEqual([]);
    for (const one of processes) await expectCleanEnd(one);
  });
});

describe.concurrent('a Redis that is not there', () => {
  it('at the start: the process starts, serves reads, and finds it later', async () => {
    const redis = await privateRedis();
    const limited = await startLimited(redis.url);
    await expectDegraded(limited);
    await redis.start();
    await expectWhole(limited);
    await expectCleanEnd(limited);
    expect(logged(limited.server, 'redis does not answer')).toBe(1);
  });

  it('at the start and for ever: the process also ends cleanly', async () => {
    const limited = await startLimited((await privateRedis()).url);
    await expectDegraded(limited);
    await expectCleanEnd(limited);
  });

  it.each<{ name: string; lose: (redis: PrivateRedis) => unknown; bring: (redis: PrivateRedis) => unknown }>([
    { name: 'killed', lose: ({ kill }) => kill(), bring: ({ start }) => start() },
    { name: 'hanging', lose: ({ hang }) => hang(), bring: ({ resume }) => resume() },
  ])('$name under way, three times: no read and no write notices, and it heals', async ({ lose, bring }) => {
    const redis = await startRedis();
    const limited = await startLimited(redis.url);
    const brand = await createBrand({ call: limited.server.call } as TestApp);
    const path = `stores/tenant/${brand.tenantId}`;
    const traffic = keepAsking(limited, { token: brand.owner.token, path });
    await pause(200);
    for (let round = 0; round < 3; round += 1) {
      await lose(redis);
      await expectDegraded(limited);
      await bring(redis);
      await expectWhole(limited);
    }
    expect(await traffic.stop()).toEqual([]);
    await expectCleanEnd(limited);
  });

  it('but something that takes connections and says nothing: requests do not hang', async () => {
    const limited = await startLimited((await startSilentServer()).url);
    await expectDegraded(limited);
    await expectCleanEnd(limited);
  });

  it('is said once, and once that it is back', async () => {
    const redis = await startRedis();
    const limited = await startLimited(redis.url);
    await redis.kill();
    await expectDegraded(limited);
    await pause(2_000);
    await redis.start();
    await expectWhole(limited);
    // At its end the process has written every line.
    await expectCleanEnd(limited);
    expect(logged(limited.server, 'redis does not answer')).toBe(1);
    expect(logged(limited.server, 'redis is back')).toBe(1);
  });
});
