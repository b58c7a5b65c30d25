import { describe, expect, it } from 'vitest';
import { hashToken } from '#src/lib/secrets.ts';
import { atInstant, quickBrand, tablesWith } from '../support/keys.ts';
import { mailedToken, PASSWORD, register, uniqueEmail } from '../support/people.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { walletPerson } from '../support/siwe.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ APP_URL: 'https://app.example.com' });
const { call } = test;
const rows = openRows(test.url);
const { sql } = rows;

const verify = (token: string, at?: Date) =>
  call('POST', 'auth/email/verify', { body: { token }, headers: at ? atInstant(at) : {} });
const resend = (token: string) => call('POST', 'auth/email/resend', { token });
const isVerified = async (token: string) => (await call('GET', 'auth/me', { token })).body.data.emailVerified;
const mailsTo = (email: string) => test.mails.filter(({ to }) => to === email);
const tokenIn = (text: string) => /ttm_[\w-]+/.exec(text)?.[0] ?? '';
/** As if a minute had passed since the last mails. */
const aMinuteLater = () => sql`update pgboss.job set singleton_on = singleton_on - interval '1 minute'`;

describe('a registration', () => {
  it('brings one mail, whose token proves the address', async () => {
    const person = await register(test);
    expect(await isVerified(person.token)).toBe(false);
    const token = await mailedToken(test, person.email);
    const [mail] = mailsTo(person.email);
    expect(mailsTo(person.email)).toHaveLength(1);
    expect(mail?.subject).toBe('Confirm your e-mail address');
    for (const part of [mail?.text, mail?.html]) {
      expect(part).toContain(`https://app.example.com/verify-email?token=${token}`);
      expect(part).toContain('/api/v1/auth/email/verify');
    }
    const answer = await verify(token);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data).toEqual({ email: person.email, emailVerified: true });
    expect(await isVerified(person.token)).toBe(true);
  });

  it('that is rolled back leaves no mail', async () => {
    const email = uniqueEmail('rolled-back');
    // Its session, the last of what it writes, is refused by the database.
    await sql`alter table sessions add constraint no_boom check (user_agent is distinct from 'boom') not valid`;
    const answer = await call('POST', 'auth/register', {
      body: { email, password: PASSWORD },
      headers: { 'user-agent': 'boom' },
    });
    await sql`alter table sessions drop constraint no_boom`;
    expect(answer.status).toBe(500);
    expect(await sql`select 1 from users where email = ${email}`).toHaveLength(0);
    const jobs = () => sql`select count(*)::int from pgboss.job where name = 'mail' and state < 'active'`;
    expect((await jobs())[0]?.['count']).toBe(0);
    await test.runJobs();
    expect(mailsTo(email)).toEqual([]);
    // The same jobs are there when it succeeds.
    const again = await call('POST', 'auth/register', { body: { email, password: PASSWORD } });
    expect(again.status).toBe(201);
    expect((await jobs())[0]?.['count']).toBe(1);
  });

  it('of which two come at once for one address brings one mail', async () => {
    const email = uniqueEmail('twice');
    const body = { email, password: PASSWORD };
    const answers = await Promise.all([1, 2].map(() => call('POST', 'auth/register', { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    await test.runJobs();
    expect(mailsTo(email)).toHaveLength(1);
  });
});

describe('a token for the address', () => {
  it('works once', async () => {
    const { email } = await register(test);
    const token = await mailedToken(test, email);
    expect((await verify(token)).status).toBe(200);
    expectRefusal(await verify(token), 401, 'UNAUTHORIZED');
    expectRefusal(await verify('ttm_unknown'), 401, 'UNAUTHORIZED');
  });

  it('works for a day, to the instant', async () => {
    const person = await register(test);
    const token = await mailedToken(test, person.email);
    const [row] = await sql`select created_at, expires_at from email_tokens where user_id = ${person.userId}`;
    const end: Date = row?.['expires_at'];
    expect(end.getTime() - row?.['created_at'].getTime()).toBe(86_400_000);
    expectRefusal(await verify(token, end), 401, 'TOKEN_EXPIRED');
    expect(await isVerified(person.token)).toBe(false);
    expect((await verify(token, new Date(end.getTime() - 1))).status).toBe(200);
  });

  it('is stored as its hash alone, and logged nowhere', async () => {
    const { email } = await register(test);
    const token = await mailedToken(test, email);
    expect(await tablesWith(rows, token)).toEqual([]);
    expect(await tablesWith(rows, hashToken(token))).toEqual(['public.email_tokens']);
    await verify(token);
    expect(await tablesWith(rows, hashToken(token))).toEqual([]);
    expect(test.logs()).not.toContain(token);
    expect(test.logs()).not.toContain(hashToken(token));
  });
});

describe('another mail', () => {
  it('is sent on request, at most one a minute, and any of the tokens proves the address once for all', async () => {
    const { token, email } = await quickPerson(test);
    const left = 60_000 - (Date.now() % 60_000);
    if (left < 5_000) await new Promise((resolve) => setTimeout(resolve, left + 50));
    for (const answer of [await resend(token), await resend(token)]) {
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body.data).toEqual({ accepted: true });
    }
    await test.runJobs();
    expect(mailsTo(email)).toHaveLength(1);
    await aMinuteLater();
    await resend(token);
    await test.runJobs();
    const [first, second] = mailsTo(email).map(({ text }) => tokenIn(text));
    expect(second).not.toBe(first);
    expect((await verify(first ?? '')).status).toBe(200);
    expectRefusal(await verify(second ?? ''), 401, 'UNAUTHORIZED');
  });

  it('is refused when the address is proved, and not sent when it is proved meanwhile', async () => {
    const { token, email, userId } = await quickPerson(test);
    await resend(token);
    await sql`update users set email_verified_at = now() where id = ${userId}`;
    await test.runJobs();
    expect(mailsTo(email)).toEqual([]);
    expectRefusal(await resend(token), 409, 'EMAIL_VERIFIED');
  });

  it('is refused for an account without an address', async () => {
    expectRefusal(await resend((await walletPerson(test)).token), 409, 'NO_EMAIL');
  });
});

describe('a mail', () => {
  it('is in the language of its reader', async () => {
    const { token, email } = await quickPerson(test);
    expect((await call('PATCH', 'auth/me', { token, body: { locale: 'de-AT' } })).status).toBe(200);
    await resend(token);
    await call('POST', 'auth/password/forgot', { body: { email } });
    await test.runJobs();
    const subjects = mailsTo(email).map(({ subject }) => subject);
    expect(subjects.sort()).toEqual(['Bestätige deine E-Mail-Adresse', 'Neues Passwort setzen']);
  });

  it('escapes the name of a brand in its HTML', async () => {
    const { tenantId, owner } = await quickBrand(test, `<a href="https://evil.example">Prize</a> & Co`);
    const email = uniqueEmail('invited');
    const body = { email, role: 'staff' };
    await call('POST', `tenants/${tenantId}/team`, { token: owner.token, body });
    await test.runJobs();
    expect(mailsTo(email)[0]?.html).not.toContain('<a href="https://evil.example">');
    expect(mailsTo(email)[0]?.html).toContain(
      '&lt;a href=&quot;https://evil.example&quot;&gt;Prize&lt;/a&gt; &amp; Co',
    );
    expect(mailsTo(email)[0]?.text).toContain('<a href="https://evil.example">Prize</a> & Co');
  });

  it('that could not be sent is tried again later, with a new token', async () => {
    const { token, email } = await quickPerson(test);
    await test.runJobs();
    const { mailer } = test.deps;
    let lost = '';
    const send: typeof mailer.send = async ({ text }) => {
      lost = tokenIn(text);
      throw new Error(`the mail server refused ${email}`);
    };
    test.deps.mailer = { ...mailer, send };
    await resend(token);
    await test.runJobs();
    test.deps.mailer = mailer;
    expect(lost).not.toBe('');

    const job = () => sql`
      select id, state, retry_count, start_after - now() > interval '20 seconds' as later, output::text
      from pgboss.job where singleton_key like 'verify %' order by created_on desc limit 1`;
    const [failed] = await job();
    expect(failed).toMatchObject({ state: 'retry', later: true });
    expect(failed?.['output']).not.toContain(email);
    await test.runJobs();
    expect(mailsTo(email)).toEqual([]);

    await sql`update pgboss.job set start_after = now() - interval '1 second' where id = ${failed?.['id']}`;
    await test.runJobs();
    expect(mailsTo(email)).toHaveLength(1);
    const sent = tokenIn(mailsTo(email)[0]?.text ?? '');
    expect(sent).not.toBe(lost);
    expect((await job())[0]?.['state']).toBe('completed');
    expect((await verify(sent)).status).toBe(200);
  });
});
