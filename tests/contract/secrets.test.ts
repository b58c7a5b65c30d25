import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { isFileKey } from '../support/files.ts';
import { liveCall } from '../support/live-calls.ts';
import { type Operation, operationsOf, tenantHeader, withQuery } from '../support/operations.ts';
import { quickPerson } from '../support/quick-people.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';
import { createFullBrand } from '../support/world.ts';

const test = await startTestApp({ LOG_LEVEL: 'trace' });
const { sql } = openRows(test.url);
const operations = operationsOf(test.app);

const SECRET_FIELDS =
  /^(password|currentPassword|newPassword|token|refreshToken|accessToken|signature|key|clientSecret|secret)$/;
// What these answer is the secret itself, once.
const GIVES = new Set([
  ...['registerUser', 'logIn', 'refreshSession', 'logInWithWallet', 'createApiKey', 'rotateApiKey'],
  ...['createWebhookEndpoint', 'rotateWebhookSecret'],
  // With it a browser pays.
  ...['createPayment', 'createIntent', 'subscribeToTier', 'changeTier'],
]);

// Where a misspelt query would move money, one that is not known is refused.
const STRICT_QUERY = new Set(['refundPayment']);

const canaries = new Set<string>();
const answers: { id: string; text: string }[] = [];

/** Every text in the value that stands in a field whose name says that it is secret. */
function plant(value: unknown): void {
  if (value === null || typeof value !== 'object') return;
  for (const [name, item] of Object.entries(value)) {
    if (SECRET_FIELDS.test(name) && typeof item === 'string' && !isFileKey(item)) canaries.add(item);
    plant(item);
  }
}

/** The live call with canaries in the query, in a header and in the User-Agent's neighbourhood. */
async function callWithCanaries(operation: Operation): Promise<Answer> {
  const { url, token, body, brand, ...live } = await liveCall(test, operation);
  const query = randomUUID();
  const header = randomUUID();
  for (const canary of [token, query, header]) canaries.add(canary);
  plant(body);
  const planted = { 'x-canary': header, cookie: `session=${header}` };
  const headers = { ...tenantHeader(operation, brand.tenantId), ...live.headers, ...planted };
  const call = { token, headers, ...(body && { body }) };
  const asked = STRICT_QUERY.has(operation.id) ? url : withQuery(url, `canary=${query}`);
  const answer = await test.call(operation.method, asked, call);
  plant(answer.body);
  return answer;
}

describe('secrets planted in a call of every operation (G15)', () => {
  beforeAll(async () => {
    for (const operation of operations) {
      const answer = await callWithCanaries(operation);
      expect(answer.status, `${operation.id}: ${answer.text}`).toBeLessThan(300);
      if (!GIVES.has(operation.id)) answers.push({ id: operation.id, text: answer.text });
    }
    await test.runJobs();
    const { STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET } = test.deps.config;
    for (const secret of [STRIPE_SECRET_KEY, ...STRIPE_WEBHOOK_SECRET]) canaries.add(secret);
    for (const { text } of test.mails) canaries.add(/tt[im]_[\w-]+/.exec(text)?.[0] ?? '');
    canaries.delete('');
  }, 240_000);

  it('are many', () => expect(canaries.size).toBeGreaterThan(operations.length * 2));

  it('are in no line of the log', () => {
    const log = test.logs();
    expect(log).toContain('"operation":"createApiKey"');
    expect([...canaries].filter((canary) => log.includes(canary))).toEqual([]);
  });

  it('are in no answer but the one that gives them', () => {
    const leaks = answers.flatMap(({ id, text }) => [...canaries].filter((one) => text.includes(one)).map(() => id));
    expect(leaks).toEqual([]);
  });

  it('are in no table: hashes are', async () => {
    const tables = await sql`select table_schema || '.' || table_name as name from information_schema.tables
      where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE'`;
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await sql.unsafe(`select t::text as row from ${name} t`);
      const text = rows.map(({ row }) => row).join('\n');
      for (const canary of canaries) if (text.includes(canary)) found.push(`${name}: ${canary.slice(0, 8)}`);
    }
    expect(found).toEqual([]);
    expect(tables.length).toBeGreaterThan(15);
  });
});

describe('a call that fails', () => {
  it.each(operations.filter(({ id }) => STRICT_QUERY.has(id)))(
    '$id does not say what it was asked',
    async (operation) => {
      const { url, token, body } = await liveCall(test, operation);
      const canary = `canary-${randomUUID()}`;
      const answer = await test.call(operation.method, withQuery(url, `other=${canary}`), { token, body });
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain(canary);
      expect(test.logs()).not.toContain(canary);
    },
  );

  it('leaves its secrets out of the log, whether the client or the database is at fault', async () => {
    const { owner } = await createFullBrand(test);
    const { email } = await quickPerson(test, 'failing');
    const secrets = Array.from({ length: 4 }, () => `canary-${randomUUID()}`);
    const [wrong, broken, unparsed, bearer] = secrets;
    await test.call('POST', 'auth/login', { body: { email, password: wrong } });
    const json = { 'content-type': 'application/json' };
    await test.call('POST', `auth/login?password=${unparsed}`, { payload: `{"password":"${unparsed}"`, headers: json });
    await test.call('GET', 'auth/me', { headers: { authorization: `Bearer ${bearer}`, 'x-api-key': `ttx_${bearer}` } });
    await sql`alter table users rename column password_hash to password_hash_moved`;
    const failed = await test.call('POST', 'auth/login', { body: { email, password: broken } });
    const alive = await test.call('POST', 'auth/password/forgot', { body: { email }, token: owner.token });
    await sql`alter table users rename column password_hash_moved to password_hash`;
    expect([failed.status, alive.status]).toEqual([500, 200]);
    expect(failed.text).not.toMatch(/password_hash|select/);
    const log = test.logs();
    expect([...secrets, email].filter((one) => log.includes(one))).toEqual([]);
    expect(log).toContain('DatabaseError');
  });
});
