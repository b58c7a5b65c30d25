import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isUuid, newId } from '#src/lib/ids.ts';
import { isFileKey } from '../support/files.ts';
import {
  everything,
  expectFresh,
  expectReplayOf,
  isReplay,
  keyed,
  newKey,
  openStoreWith,
  quickBrand,
} from '../support/idempotent.ts';
import { type LiveCall, liveCall } from '../support/live-calls.ts';
import { documentOf, type Operation, operationsOf, tenantHeader } from '../support/operations.ts';
import { PASSWORD } from '../support/people.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const limited = await startTestApp({ RATE_LIMITS: 'on' });
const rows = openRows(test.url);
const { sql } = rows;
const operations = operationsOf(test.app);
const isWrite = ({ method }: Operation) => method === 'POST' || method === 'PATCH';
const idempotent = operations.filter(({ isIdempotent }) => isIdempotent);
const ignoring = operations.filter(({ isIdempotent }) => !isIdempotent);
const open = openStoreWith(test);

function documented({ path, method, responses }: Operation) {
  const { parameters = [] } = documentOf(test.app).paths[path]?.[method.toLowerCase()] ?? {};
  const header = parameters.find(({ name }: { name: string }) => name.toLowerCase() === 'idempotency-key');
  return { header, codes: JSON.stringify(responses).match(/IDEMPOTENCY_\w+/g) ?? [] };
}

function send({ method, ...operation }: Operation, { url, token, body, brand, ...live }: LiveCall, key: string) {
  const headers = { ...tenantHeader({ method, ...operation }, brand.tenantId), ...live.headers, ...keyed(key) };
  return test.call(method, url, { token, headers, ...(body !== undefined && { body }) });
}

const kept = () => sql`select * from idempotent_answers`;

describe('Idempotency-Key', () => {
  it('works on every POST and PATCH, or is said to be ignored there for a reason', () => {
    const writes = operations.filter(isWrite);
    expect(writes.length).toBeGreaterThan(20);
    for (const operation of writes) {
      const isIgnored = ['secret', 'nothing', 'once', 'stream'].includes(operation.permission?.idempotency ?? '');
      expect(documented(operation).header !== undefined, operation.id).toBe(!isIgnored);
    }
    expect(idempotent.filter((operation) => !isWrite(operation))).toEqual([]);
  });

  it.each(idempotent)('$id documents the header and its refusals', (operation) => {
    const { header, codes } = documented(operation);
    expect(header).toMatchObject({ in: 'header', required: false, schema: { minLength: 1, maxLength: 255 } });
    expect(new Set(codes)).toEqual(new Set(['IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_IN_PROGRESS']));
  });

  it.each(ignoring)('$id documents no header that it ignores', (operation) => {
    expect(documented(operation)).toEqual({ header: undefined, codes: [] });
  });

  it.each(idempotent)('$id replays its answer, and nothing is written the second time', async (operation) => {
    const live = await liveCall(test, operation);
    const key = newKey();
    const first = await send(operation, live, key);
    expect(first.status, first.text).toBeLessThan(300);
    const before = await everything(rows);
    expectReplayOf(first, await send(operation, live, key));
    expect(await everything(rows)).toEqual(before);
    const { token } = await quickPerson(test, 'somebody');
    const foreign = await send(operation, { ...live, token }, key);
    if (operation.access !== 'anyone') expect(isReplay(foreign)).toBe(false);
  });

  it.each(ignoring)('$id ignores the header and stores no answer', async (operation) => {
    const live = await liveCall(test, operation);
    await sql`delete from idempotent_answers`;
    for (const key of ['one', 'one', '', 'k'.repeat(300)]) {
      const answer = await send(operation, live, key);
      expect(isReplay(answer)).toBe(false);
      expect(answer.body?.error?.errors ?? []).toEqual([]);
    }
    expect(await kept()).toEqual([]);
  });

  it('stores nothing that is a secret, of any operation', async () => {
    await sql`delete from idempotent_answers`;
    const secrets = [PASSWORD, 'silent-meadow-72'];
    for (const operation of operations.filter(isWrite)) {
      const live = await liveCall(test, operation);
      const answer = await send(operation, live, newKey());
      expect(answer.status, answer.text).toBeLessThan(300);
      const { accessToken, refreshToken, key, nonce } = answer.body.data;
      secrets.push(...[live.token, live.body?.token, live.body?.refreshToken, live.body?.signature].filter(Boolean));
      secrets.push(
        ...[accessToken, refreshToken, key, nonce].filter((one) => typeof one === 'string' && !isFileKey(one)),
      );
    }
    // The rest of a row are hashes, which may hold any letters.
    const text = (await kept()).map(({ body }) => body).join('\n');
    expect(text.length).toBeGreaterThan(1_000);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text).not.toMatch(/\b(tt[a-z]|whsec)_[\w-]{20,}|eyJ[\w-]{20,}/);
  }, 240_000);
});

/** Those that call the card processor between transactions of their own: no transaction makes them one. */
const inSteps = idempotent.filter(({ permission }) => permission?.steps);

/** How many rows each table has, and how much the processor has done. */
async function sizes(): Promise<Record<string, number>> {
  const tables = (await everything(rows)).map((row) => row.slice(0, row.indexOf('(')));
  const counts = Object.groupBy(tables, (table) => table);
  const sized = Object.entries(counts).map(([table, found = []]) => [table, found.length]);
  return { ...Object.fromEntries(sized), processor: test.sandbox.control.deliveries().length };
}

/** By how much the work makes everything grow. */
async function growth<T>(work: () => Promise<T>): Promise<{ made: T; grown: Record<string, number> }> {
  const before = await sizes();
  const made = await work();
  const grown = Object.entries(await sizes()).map(([name, size]) => [name, size - (before[name] ?? 0)] as const);
  return { made, grown: Object.fromEntries(grown.filter(([, by]) => by !== 0)) };
}

/** The same with one value changed. */
function otherThan(body: any): any {
  if (body === undefined) return { other: true };
  if (Array.isArray(body)) return body.map(otherThan);
  if (typeof body === 'object' && body !== null) {
    const [name = 'other', value] =
      Object.entries(body).findLast(([, one]) => typeof one !== 'string' || isUuid(one)) ??
      Object.entries(body).at(-1) ??
      [];
    return { ...body, [name]: otherThan(value ?? undefined) };
  }
  return typeof body === 'number' ? body + 1 : typeof body === 'boolean' ? !body : newId();
}

describe('an operation in steps', () => {
  it('is every one that moves money or subscriptions', () => {
    const ids = ['createPayment', 'createIntent', 'cancelPayment', 'refundPayment', 'approveRefund', 'subscribeToTier'];
    const changes = ['cancelSubscription', 'resumeSubscription', 'changeTier'];
    expect(inSteps.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids, ...changes]));
  });

  it.each(inSteps)('$id happens once, 100 times at once under one key (cases 1 and 3)', async (operation) => {
    const [one, other] = [await liveCall(test, operation), await liveCall(test, operation)];
    const alone = await growth(() => send(operation, one, newKey()));
    expect(alone.made.status, alone.made.text).toBeLessThan(300);
    const key = newKey();
    const together = await growth(() => Promise.all(Array.from({ length: 100 }, () => send(operation, other, key))));
    const made = together.made.filter(({ status }) => status < 300);
    expect(made.filter((answer) => !isReplay(answer))).toHaveLength(1);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    const refused = together.made.filter(({ status }) => status >= 300);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expectRefusal(answer, 409, 'IDEMPOTENCY_IN_PROGRESS');
      expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    expect(together.grown).toEqual(alone.grown);
    expect(together.grown).toMatchObject({ 'public.idempotent_answers': 1 });
  });

  it.each(inSteps)('$id refuses another body under its key, and does nothing (case 2)', async (operation) => {
    const live = await liveCall(test, operation);
    const key = newKey();
    const first = await send(operation, live, key);
    const before = await everything(rows);
    const changed = { ...live, body: otherThan(live.body) };
    expect(changed.body).not.toEqual(live.body);
    expectRefusal(await send(operation, changed, key), 422, 'IDEMPOTENCY_KEY_REUSED');
    expect(await everything(rows)).toEqual(before);
    expectReplayOf(first, await send(operation, live, key));
  });
});

describe('the key', () => {
  it.each([
    ['is empty', ''],
    ['has 256 characters', 'k'.repeat(256)],
  ])('%s: refused without effect', async (_name, key) => {
    const brand = await quickBrand(test);
    const answer = await open(brand, key, { name: 'Refused' });
    expectRefusal(answer, 400, 'VALIDATION_ERROR');
    expect(answer.body.error.errors).toMatchObject([{ location: 'headers', field: 'idempotency-key' }]);
    expect((await test.call('GET', brand.stores)).body.data).toEqual([]);
  });

  it.each([
    'k',
    'k'.repeat(255),
    '"quoted"',
    "'; drop table stores; --",
    'a, b',
    '{"a":[1]}',
    '../x',
    '%00',
    'caf\u00e9',
    '\\',
  ])('may be %s', async (key) => {
    const brand = await quickBrand(test);
    const first = await open(brand, key, { name: 'Odd' });
    expectFresh(first, 201);
    expectReplayOf(first, await open(brand, key, { name: 'Odd' }));
    expectFresh(await open(brand, `${key.slice(1)}x`, { name: 'Another' }), 201);
  });

  it('is told apart by the case of its letters', async () => {
    const brand = await quickBrand(test);
    expectFresh(await open(brand, 'key', { name: 'Lower' }), 201);
    expectFresh(await open(brand, 'KEY', { name: 'Upper' }), 201);
  });

  it('means nothing to GET and DELETE, whatever it is', async () => {
    const brand = await quickBrand(test);
    await open(brand, newKey(), { name: 'Default' });
    const { body } = await open(brand, newKey(), { name: 'Second' });
    const before = await kept();
    for (const key of [newKey(), '', 'k'.repeat(300)]) {
      const call = { token: brand.token, headers: keyed(key) };
      const one = await test.call('GET', brand.stores, call);
      expectFresh(one, 200);
      await sql`update stores set name = ${key.slice(0, 50) || 'empty'} where id = ${body.data.id}`;
      const two = await test.call('GET', brand.stores, call);
      expectFresh(two, 200);
      expect(two.text).not.toBe(one.text);
    }
    const call = { token: brand.token, headers: keyed(newKey()) };
    expectFresh(await test.call('DELETE', `${brand.stores}/${body.data.id}`, call), 200);
    expectFresh(await test.call('DELETE', `${brand.stores}/${body.data.id}`, call), 404);
    expect(await kept()).toEqual(before);
  });
});

describe('a password under a key', () => {
  it('is not stored, and no fast hash of it either: guesses cannot be tried on the row', async () => {
    const { token } = await quickPerson(test);
    await sql`delete from idempotent_answers`;
    const change = { currentPassword: PASSWORD, newPassword: 'silent-meadow-72' };
    const call = { token, headers: keyed(newKey()), body: change };
    expectFresh(await test.call('POST', 'auth/password/change', call), 200);
    const [row] = await sql`select row_to_json(a)::text as text from idempotent_answers a`;
    const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');
    const body = JSON.stringify(change);
    for (const text of [PASSWORD, 'silent-meadow-72', sha256(body), sha256(`[{},${body}]`), sha256(`[null,${body}]`)]) {
      expect(row?.['text'] ?? '').not.toContain(text);
    }
  });

  it('that is guessed wrong is counted: a new key for each guess is no way around the brake', async () => {
    // Fewer than the bucket of the address takes: it is the brake on the account that says no.
    const guesses = async (withKeys: boolean, remoteAddress: string) => {
      const { token } = await quickPerson(limited);
      const codes: string[] = [];
      for (let n = 0; n < 8; n += 1) {
        const headers = withKeys ? keyed(newKey()) : {};
        const body = { currentPassword: `wrong-guess-${n}`, newPassword: 'silent-meadow-72' };
        const answer = await limited.call('POST', 'auth/password/change', { token, remoteAddress, headers, body });
        codes.push(answer.body.error.code);
      }
      return codes;
    };
    expect(await guesses(false, '10.4.0.1')).toContain('RATE_LIMITED');
    expect(await guesses(true, '10.4.0.2')).toContain('RATE_LIMITED');
  });

  it('that many change at once does not wait for a connection that they hold themselves', async () => {
    const changeAtOnce = async (network: string, withKeys: boolean) => {
      const people = await Promise.all(Array.from({ length: 12 }, () => quickPerson(limited)));
      const body = { currentPassword: PASSWORD, newPassword: 'silent-meadow-72' };
      const answers = await Promise.all(
        people.map(({ token }, index) => {
          const headers = withKeys ? keyed(newKey()) : {};
          const remoteAddress = `${network}.${index + 1}`;
          return limited.call('POST', 'auth/password/change', { token, body, headers, remoteAddress });
        }),
      );
      return answers.map(({ status }) => status);
    };
    expect(await changeAtOnce('10.4.1', false)).toEqual(Array(12).fill(200));
    expect(await changeAtOnce('10.4.2', true)).toEqual(Array(12).fill(200));
  });
});
