import { describe, expect, it } from 'vitest';
import { RATE_LIMITS, USER_REQUESTS_PER_MINUTE } from '#src/lib/limits.ts';
import { quickBrand } from '../support/idempotent.ts';
import { quickPerson, quickSession } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp, type TestApp } from '../support/test-app.ts';

const STANDARD = 60;
const limits = { RATE_LIMITS: 'on', RATE_LIMIT_PER_ADDRESS: String(STANDARD) };
const direct = await startTestApp(limits);
const proxied = await startTestApp({ ...limits, TRUST_PROXY: '127.0.0.1' });
const rows = openRows(direct.url);

let addresses = 0;
/** Each test has addresses of its own, and with them counts of its own. */
function newAddress(): string {
  addresses += 1;
  return `10.1.${Math.floor(addresses / 250)}.${1 + (addresses % 250)}`;
}

const READ = ['GET', 'tenants/public'] as const;
// What each is asked is refused by its schema or for want of a credential: it counts before that.
const STRICT: [string, string, string][] = [
  ['login', 'POST', 'auth/login'],
  ['register', 'POST', 'auth/register'],
  ['password', 'POST', 'auth/password/forgot'],
  ['wallet', 'POST', 'auth/wallet/login'],
  ['guess', 'POST', 'auth/api-keys/verify'],
];

async function times(count: number, ask: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < count; n += 1) answers.push(await ask());
  return answers;
}

const isLimited = ({ status }: Answer) => status === 429;
const told = ({ headers }: Answer) => ({
  limit: Number(headers['x-ratelimit-limit']),
  remaining: Number(headers['x-ratelimit-remaining']),
  reset: Number(headers['x-ratelimit-reset']),
});

function expectLimited(answer: Answer, windowSeconds = 60): void {
  expectRefusal(answer, 429, 'RATE_LIMITED');
  const { remaining, reset } = told(answer);
  expect(remaining).toBe(0);
  expect(reset).toBeGreaterThanOrEqual(1);
  expect(reset).toBeLessThanOrEqual(windowSeconds);
  expect(answer.headers['retry-after']).toBe(String(reset));
}

describe('a limited route', () => {
  it('tells the limit, what is left of it and when it is whole again', async () => {
    const remoteAddress = newAddress();
    const answers = await times(3, () => direct.call(...READ, { remoteAddress }));
    expect(answers.map((answer) => told(answer).remaining)).toEqual([59, 58, 57]);
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(told(answer).limit).toBe(STANDARD);
      expect(answer.headers['x-ratelimit-reset']).toMatch(/^([1-9]|[1-5]\d|60)$/);
      expect(answer.headers).not.toHaveProperty('retry-after');
    }
  });

  it('answers so many and refuses the next, which another address does not feel', async () => {
    const remoteAddress = newAddress();
    const answers = await times(STANDARD + 3, () => direct.call(...READ, { remoteAddress }));
    expect(answers.findIndex(isLimited)).toBe(STANDARD);
    for (const answer of answers.slice(STANDARD)) expectLimited(answer);
    expect((await direct.call(...READ, { remoteAddress: newAddress() })).status).toBe(200);
  });

  it('counts a burst over the network exactly', async () => {
    const url = await proxied.app.listen({ port: 0, host: '127.0.0.1' });
    const headers = { 'x-forwarded-for': newAddress() };
    const burst = Array.from({ length: STANDARD * 2 }, async () => {
      const answer = await fetch(`${url}/api/v1/tenants/public`, { headers });
      await answer.text();
      return answer.status;
    });
    const statuses = await Promise.all(burst);
    expect(statuses.filter((status) => status === 200)).toHaveLength(STANDARD);
    expect(statuses.filter((status) => status === 429)).toHaveLength(STANDARD);
  });

  it('counts what is no route, and a method that a path does not have, with everything else', async () => {
    const remoteAddress = newAddress();
    const unknown = [
      ['GET', 'nothing/here'],
      ['POST', '/health/live'],
      ['DELETE', '/'],
    ] as const;
    for (const [method, path] of unknown) {
      const answers = await times(STANDARD / 3, () => direct.call(method, path, { remoteAddress }));
      for (const answer of answers) expectRefusal(answer, 404, 'ROUTE_NOT_FOUND');
    }
    expectLimited(await direct.call(...READ, { remoteAddress }));
    for (const [method, path] of unknown) expectLimited(await direct.call(method, path, { remoteAddress }));
  });

  it('refuses before it looks at the credential, and changes nothing', async () => {
    const brand = await quickBrand(direct);
    const remoteAddress = newAddress();
    await times(STANDARD, () => direct.call(...READ, { remoteAddress }));
    const before = await rows.ofTenant(brand.tenantId);
    const call = { remoteAddress, body: { name: 'Too much' }, headers: { 'idempotency-key': 'refused' } };
    expectLimited(await direct.call('POST', brand.stores, { ...call, token: brand.token }));
    expectLimited(await direct.call('POST', brand.stores, { ...call, token: 'garbage' }));
    expect(await rows.ofTenant(brand.tenantId)).toEqual(before);
    const retry = { ...call, token: brand.token, remoteAddress: newAddress() };
    expect((await direct.call('POST', brand.stores, retry)).status).toBe(201);
  });
});

describe('health', () => {
  it.each(['/health', '/health/live', '/health/ready', 'health', 'health/live', 'health/ready'])(
    '%s has no limit and speaks of none',
    async (path) => {
      const remoteAddress = newAddress();
      await times(STANDARD + 1, () => direct.call(...READ, { remoteAddress }));
      for (const answer of await times(30, () => direct.call('GET', path, { remoteAddress }))) {
        expect(answer.status).toBe(200);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
      }
      expectLimited(await direct.call(...READ, { remoteAddress }));
    },
  );
});

describe.each(STRICT)('the bucket %s', (name, method, path) => {
  const { max, seconds } = RATE_LIMITS[name as keyof typeof RATE_LIMITS];
  const ask = (remoteAddress: string) => direct.call(method, path, { body: {}, remoteAddress });

  it('is stricter than the standard one and counts apart from every other', async () => {
    const remoteAddress = newAddress();
    const answers = await times(STANDARD, () => ask(remoteAddress));
    const allowed = answers.findIndex(isLimited);
    expect(allowed).toBeGreaterThan(0);
    expect(allowed).toBeLessThan(STANDARD);
    expect(told(answers[0] as Answer).limit).toBe(allowed);
    expect(allowed).toBe(max);
    expectLimited(answers[allowed] as Answer, seconds);

    expect(told(await direct.call(...READ, { remoteAddress })).remaining).toBe(STANDARD - 1);
    for (const [other, otherMethod, otherPath] of STRICT.filter(([one]) => one !== name)) {
      const answer = await direct.call(otherMethod, otherPath, { body: {}, remoteAddress });
      expect(answer.status, other).not.toBe(429);
      expect(told(answer).remaining, other).toBe(told(answer).limit - 1);
    }
  });

  it('is not fed by the standard one', async () => {
    const remoteAddress = newAddress();
    await times(STANDARD, () => direct.call(...READ, { remoteAddress }));
    expectLimited(await direct.call(...READ, { remoteAddress }));
    expect((await ask(remoteAddress)).status).not.toBe(429);
  });
});

describe('an address', () => {
  const left = async (test: TestApp, remoteAddress: string, forwarded?: string) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    return told(await test.call(...READ, { remoteAddress, headers })).remaining;
  };

  it('is the /64 of an IPv6 one', async () => {
    expect(await left(direct, '2001:db8:7:1::1')).toBe(59);
    expect(await left(direct, '2001:db8:7:1:ffff:ffff:ffff:ffff')).toBe(58);
    expect(await left(direct, '2001:DB8:7:1:0:0:0:2')).toBe(57);
    expect(await left(direct, '2001:db8:7:2::1')).toBe(59);
  });

  it('is the same IPv4 one when it is mapped into IPv6', async () => {
    const address = newAddress();
    expect(await left(direct, address)).toBe(59);
    expect(await left(direct, `::ffff:${address}`)).toBe(58);
    expect(await left(direct, newAddress())).toBe(59);
  });

  it('is never what a client claims (case 46)', async () => {
    const remoteAddress = newAddress();
    const forged = ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'CF-Connecting-IP', 'True-Client-IP', 'X-Client-IP'];
    const ask = () => {
      const headers = Object.fromEntries(forged.map((name) => [name.toLowerCase(), newAddress()]));
      return direct.call(...READ, { remoteAddress, headers: { ...headers, forwarded: `for=${newAddress()}` } });
    };
    const answers = await times(STANDARD + 1, ask);
    expect(answers.findIndex(isLimited)).toBe(STANDARD);
  });

  it('is told by a trusted proxy, and by nobody else', async () => {
    const [one, two, outsider] = [newAddress(), newAddress(), newAddress()];
    expect(await left(proxied, '127.0.0.1', one)).toBe(59);
    expect(await left(proxied, '127.0.0.1', two)).toBe(59);
    expect(await left(proxied, '127.0.0.1', one)).toBe(58);
    expect(await left(proxied, outsider, one)).toBe(59);
    expect(await left(proxied, outsider, two)).toBe(58);
  });

  it('is the last that a trusted proxy saw, whatever the client wrote before it', async () => {
    const real = newAddress();
    expect(await left(proxied, '127.0.0.1', `${newAddress()}, ${real}`)).toBe(59);
    expect(await left(proxied, '127.0.0.1', `${newAddress()}, garbage, ${real}`)).toBe(58);
    expect(await left(proxied, '127.0.0.1', `127.0.0.1, ${newAddress()}, ${real}`)).toBe(57);
  });
});

describe('a user', () => {
  it('has one limit over all addresses and sessions, and no other user shares it', async () => {
    const person = await quickPerson(direct, 'busy');
    const other = await quickPerson(direct, 'other');
    const { token: second } = await quickSession(direct, person.userId);
    const shared = newAddress();
    expect((await direct.call('GET', 'auth/me', { token: other.token, remoteAddress: shared })).status).toBe(200);
    const ask = (remoteAddress: string, token: string) => direct.call('GET', 'auth/me', { token, remoteAddress });
    const answers: Answer[] = [];
    while (answers.length < USER_REQUESTS_PER_MINUTE) {
      const address = newAddress();
      const tokens = Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? person.token : second));
      answers.push(...(await Promise.all(tokens.map((token) => ask(address, token)))));
    }
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(told(answers[0] as Answer)).toMatchObject({ limit: USER_REQUESTS_PER_MINUTE });
    expect(answers[0]?.headers).not.toHaveProperty('x-ratelimit-plan');

    expectLimited(await ask(newAddress(), person.token));
    expectLimited(await ask(shared, second));
    expect((await ask(shared, other.token)).status).toBe(200);
  });
});
