import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#src/lib/canonical-json.ts';
import { hashToken } from '#src/lib/secrets.ts';
import { atInstant, inSeconds, statementsOf, tablesWith } from '../support/keys.ts';
import { mailedToken, PASSWORD, type Person, uniqueEmail } from '../support/people.ts';
import { quickPerson, quickSession } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { walletPerson } from '../support/siwe.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const rows = openRows(test.url);
const { sql } = rows;

const NEW = 'silent-meadow-72';
const forgot = (email: string) => call('POST', 'auth/password/forgot', { body: { email } });
const reset = (token: string, password = NEW, at?: Date) =>
  call('POST', 'auth/password/reset', { body: { token, password }, headers: at ? atInstant(at) : {} });
const change = (token: string, body: object = {}) =>
  call('POST', 'auth/password/change', { token, body: { currentPassword: PASSWORD, newPassword: NEW, ...body } });
const logIn = (email: string, password: string) => call('POST', 'auth/login', { body: { email, password } });
const isGood = async (token: string) => (await call('GET', 'auth/verify', { token })).status === 200;
const liveSessions = async ({ userId }: Person) =>
  (await sql`select id from sessions where user_id = ${userId} and revoked_at is null`).map(({ id }) => id);
const mailsTo = (email: string) => test.mails.filter(({ to }) => to === email);

async function resetToken(email: string): Promise<string> {
  expect((await forgot(email)).status).toBe(200);
  return mailedToken(test, email);
}

/** Mails are throttled by whole minutes of the database's clock: not across the end of one. */
async function withinOneMinute(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 10_000) await new Promise((resolve) => setTimeout(resolve, left + 50));
}

describe('a forgotten password', () => {
  it('is one answer after the same work for every address, and one mail for the one that is known', async () => {
    const person = await quickPerson(test);
    await walletPerson(test);
    const shapes = [];
    const twin = `  ${person.email.toUpperCase().replace('PERSON', 'ＰＥＲＳＯＮ')} `;
    const other = await quickPerson(test);
    for (const email of [other.email, uniqueEmail('nobody'), twin]) {
      const statements = await statementsOf(test, async () => {
        const answer = await forgot(email);
        expect(answer.status).toBe(200);
        expect(answer.body).toEqual({ success: true, data: { accepted: true } });
        shapes.push(comparable(answer));
      });
      shapes.push(statements);
    }
    expect(shapes.slice(2, 4)).toEqual(shapes.slice(0, 2));
    expect(shapes.slice(4, 6)).toEqual(shapes.slice(0, 2));
    const before = test.mails.length;
    await test.runJobs();
    expect(
      test.mails
        .slice(before)
        .map(({ to }) => to)
        .sort(),
    ).toEqual([other.email, person.email].sort());
  });

  it('is mailed once a minute to an address, however it is spelled', async () => {
    const [one, two] = [await quickPerson(test), await quickPerson(test)];
    await withinOneMinute();
    const answers = await Promise.all([one.email, one.email.toUpperCase(), one.email, two.email].map(forgot));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await test.runJobs();
    await forgot(one.email);
    await test.runJobs();
    expect([mailsTo(one.email).length, mailsTo(two.email).length]).toEqual([1, 1]);
    await sql`update pgboss.job set singleton_on = singleton_on - interval '1 minute' where singleton_key like '%' || ${one.email}`;
    await forgot(one.email);
    await test.runJobs();
    expect(mailsTo(one.email)).toHaveLength(2);
  });

  it('is refused for what is no address', async () => {
    expectRefusal(await forgot('nobody'), 400, 'VALIDATION_ERROR');
  });

  it('leaves its token nowhere but in the mail', async () => {
    const { email, userId } = await quickPerson(test);
    const token = await resetToken(email);
    expect(await tablesWith(rows, token)).toEqual([]);
    expect(await tablesWith(rows, hashToken(token))).toEqual(['public.email_tokens']);
    expect((await tablesWith(rows, email)).some((table) => table.startsWith('pgboss.'))).toBe(true);
    await reset(token);
    expect(await sql`select 1 from email_tokens where user_id = ${userId}`).toHaveLength(0);
    expect(test.logs()).not.toContain(token);
    expect(test.logs()).not.toContain(hashToken(token));
    expect(test.logs()).not.toContain(NEW);
  });
});

describe('a reset', () => {
  it('sets the password, proves the address and ends every session at once', async () => {
    const person = await quickPerson(test);
    const other = await quickSession(test, person.userId);
    const answer = await reset(await resetToken(person.email));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data).toEqual({ endedSessions: 2 });
    for (const { token, refreshToken } of [person, other]) {
      expectRefusal(await call('GET', 'auth/me', { token }), 401, 'UNAUTHORIZED');
      expect((await call('POST', 'auth/refresh', { body: { refreshToken } })).status).toBe(401);
    }
    expectRefusal(await logIn(person.email, PASSWORD), 401, 'INVALID_CREDENTIALS');
    const session = await logIn(person.email, NEW);
    expect(session.status).toBe(200);
    expect(session.body.data.user.emailVerified).toBe(true);
  });

  it('works once', async () => {
    const { email } = await quickPerson(test);
    const token = await resetToken(email);
    expect((await reset(token)).status).toBe(200);
    expectRefusal(await reset(token, 'another-river-19'), 401, 'UNAUTHORIZED');
    expect((await logIn(email, NEW)).status).toBe(200);
  });

  it('works once when it is asked for ten times at once', async () => {
    const { email } = await quickPerson(test);
    const token = await resetToken(email);
    const passwords = Array.from({ length: 10 }, (_one, index) => `silent-meadow-${index}`);
    const answers = await Promise.all(passwords.map((password) => reset(token, password)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, ...Array(9).fill(401)]);
    expect((await logIn(email, passwords[statuses.indexOf(200)] ?? '')).status).toBe(200);
  });

  it('works for an hour, to the instant', async () => {
    for (const [ms, status, code] of [
      [-1, 200],
      [0, 401, 'TOKEN_EXPIRED'],
    ] as const) {
      const { email, userId } = await quickPerson(test);
      const token = await resetToken(email);
      const [row] = await sql`select created_at, expires_at from email_tokens where user_id = ${userId}`;
      const end: Date = row?.['expires_at'];
      expect(end.getTime() - row?.['created_at'].getTime()).toBe(3_600_000);
      const answer = await reset(token, NEW, new Date(end.getTime() + ms));
      expect(answer.status, answer.text).toBe(status);
      if (code) expectRefusal(answer, status, code);
    }
  });

  it('takes no other token: one for the e-mail, an unknown one, its own hash', async () => {
    const person = await quickPerson(test);
    await call('POST', 'auth/email/resend', { token: person.token });
    const verifying = await mailedToken(test, person.email);
    const resetting = await resetToken(person.email);
    expect(resetting).not.toBe(verifying);
    for (const token of [verifying, 'ttm_unknown', hashToken(resetting), person.token.slice(0, 200)]) {
      expectRefusal(await reset(token), 401, 'UNAUTHORIZED');
    }
    const verify = (token: string) => call('POST', 'auth/email/verify', { body: { token } });
    expectRefusal(await verify(resetting), 401, 'UNAUTHORIZED');
    expect((await verify(verifying)).status).toBe(200);
    expect((await reset(resetting)).status).toBe(200);
  });

  it('keeps its token when the new password is refused', async () => {
    const person = await quickPerson(test);
    const token = await resetToken(person.email);
    for (const weak of ['short', 'password123', person.email]) {
      const answer = await reset(token, weak);
      expectRefusal(answer, 400, 'VALIDATION_ERROR');
      expect(answer.body.error.errors[0]).toMatchObject({ location: 'body', field: 'password' });
    }
    expect(await isGood(person.token)).toBe(true);
    expect((await reset(token)).status).toBe(200);
  });
});

describe('a sign-in with the old password beside a reset', () => {
  it('opens no session when the reset comes between its check and its session', async () => {
    const person = await quickPerson(test);
    const token = await resetToken(person.email);
    const { passwords } = test.deps;
    const verify = async (hash: string | null, guess: string) => {
      const matches = await passwords.verify(hash, guess);
      test.deps.passwords = passwords;
      expect((await reset(token)).status).toBe(200);
      return matches;
    };
    test.deps.passwords = { ...passwords, verify };
    expectRefusal(await logIn(person.email, PASSWORD), 401, 'INVALID_CREDENTIALS');
    expect(test.deps.passwords).toBe(passwords);
    expect(await liveSessions(person)).toEqual([]);
  });

  it('leaves no session that lives, whichever comes first', async () => {
    const counts = { opened: 0, refused: 0 };
    for (let round = 0; round < 24; round += 1) {
      const person = await quickPerson(test);
      const token = await resetToken(person.email);
      const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      const logins = [0, 10, 20, 40].map((ms) => after(ms).then(() => logIn(person.email, PASSWORD)));
      const resetting = after((round % 8) * 12).then(() => reset(token));
      const answers = await Promise.all(logins);
      expect((await resetting).status).toBe(200);
      for (const { status, body } of answers) {
        expect([200, 401]).toContain(status);
        counts[status === 200 ? 'opened' : 'refused'] += 1;
        if (status !== 200) continue;
        const { accessToken, refreshToken } = body.data;
        expect(await isGood(accessToken)).toBe(false);
        expect((await call('POST', 'auth/refresh', { body: { refreshToken } })).status).toBe(401);
      }
      expect(await liveSessions(person)).toEqual([]);
    }
    // Else there was no race.
    expect(Math.min(counts.opened, counts.refused)).toBeGreaterThan(0);
  });
});

describe('a change', () => {
  it('takes the current password, keeps this session and ends the others', async () => {
    const person = await quickPerson(test);
    const other = await quickSession(test, person.userId);
    const answer = await change(person.token);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data).toEqual({ endedSessions: 1 });
    expect([await isGood(person.token), await isGood(other.token)]).toEqual([true, false]);
    expectRefusal(await logIn(person.email, PASSWORD), 401, 'INVALID_CREDENTIALS');
    expect((await logIn(person.email, NEW)).status).toBe(200);
  });

  it('is refused with a wrong current password, and with a weak new one', async () => {
    const person = await quickPerson(test);
    const other = await quickSession(test, person.userId);
    expectRefusal(await change(person.token, { currentPassword: 'wrong' }), 401, 'INVALID_CREDENTIALS');
    const weak = await change(person.token, { newPassword: 'password123' });
    expectRefusal(weak, 400, 'VALIDATION_ERROR');
    expect(weak.body.error.errors[0]).toMatchObject({ location: 'body', field: 'newPassword' });
    expect(await isGood(other.token)).toBe(true);
    expect((await logIn(person.email, PASSWORD)).status).toBe(200);
  });

  it('ends the tokens to reset it that are under way', async () => {
    const person = await quickPerson(test);
    const token = await resetToken(person.email);
    expect((await change(person.token)).status).toBe(200);
    expectRefusal(await reset(token, 'another-river-19'), 401, 'UNAUTHORIZED');
    expect((await logIn(person.email, NEW)).status).toBe(200);
  });

  it('leaves no fast hash of the passwords, with an Idempotency-Key either', async () => {
    const { token } = await quickPerson(test);
    const body = { currentPassword: PASSWORD, newPassword: NEW };
    const headers = { 'idempotency-key': randomUUID() };
    expect((await call('POST', 'auth/password/change', { token, body, headers })).status).toBe(200);
    for (const input of [PASSWORD, NEW, canonicalJson(body), canonicalJson([{}, body])]) {
      expect(await tablesWith(rows, hashToken(input))).toEqual([]);
    }
  });

  it('is not for an account that has no password', async () => {
    expectRefusal(await change((await walletPerson(test)).token), 409, 'NO_PASSWORD');
  });
});

describe('guesses at the current password', async () => {
  const limited: TestApp = await startTestApp({ RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1' });

  it.each([
    ['', '198.51.100.1', () => ({})],
    [', whatever Idempotency-Key they bear', '198.51.100.2', () => ({ 'idempotency-key': randomUUID() })],
  ])('are slowed down as at sign-in, together with it%s', async (_name, from, more: () => object) => {
    const { email, token } = await quickPerson(limited);
    const start = Date.now();
    const at = (second: number) => ({ ...atInstant(inSeconds(second, start)), 'x-forwarded-for': from });
    const guess = (currentPassword: string, second: number) =>
      limited.call('POST', 'auth/password/change', {
        token,
        body: { currentPassword, newPassword: NEW },
        headers: { ...at(second), ...more() },
      });
    for (let attempt = 0; attempt < 6; attempt += 1) {
      expectRefusal(await guess('wrong', 0), 401, 'INVALID_CREDENTIALS');
    }
    const refused = await guess(PASSWORD, 0);
    expectRefusal(refused, 429, 'RATE_LIMITED');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const login = { body: { email, password: PASSWORD }, headers: at(0) };
    expectRefusal(await limited.call('POST', 'auth/login', login), 429, 'RATE_LIMITED');
    expect((await guess(PASSWORD, 5)).status).toBe(200);
  });
});
