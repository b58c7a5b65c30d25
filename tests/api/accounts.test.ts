import { describe, expect, it } from 'vitest';
import { PASSWORD, register, uniqueEmail } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;

describe('register', () => {
  it('answers 409 to a known e-mail in any spelling', async () => {
    const person = await register(test);
    const spellings = [person.email, person.email.toUpperCase(), ` ${person.email} `, person.email.replace('e', 'ｅ')];
    for (const email of spellings) {
      const answer = await call('POST', 'auth/register', { body: { email, password: PASSWORD } });
      expect(answer.status, email).toBe(409);
      expect(answer.body.error.code).toBe('EMAIL_TAKEN');
    }
  });

  it('lets one of ten at once have the address', async () => {
    const body = { email: uniqueEmail(), password: PASSWORD };
    const answers = await Promise.all(Array.from({ length: 10 }, () => call('POST', 'auth/register', { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(409)]);
  });

  it.each([
    ['short', 'abc1234', 'must have 8 to 128 characters'],
    ['long', 'x'.repeat(129), 'must have 8 to 128 characters'],
    ['common', 'Password123', 'is among the most common passwords'],
    ['NUL', 'abcdefgh\u0000', 'must be well-formed Unicode without NUL'],
  ])('refuses a password that is %s', async (_name, password, message) => {
    const answer = await call('POST', 'auth/register', { body: { email: uniqueEmail(), password } });
    expect(answer.status).toBe(400);
    expect(answer.body.error.errors).toEqual([{ location: 'body', field: 'password', message }]);
  });

  it('refuses the e-mail as password, and keeps nothing of a refused registration', async () => {
    const email = uniqueEmail('somebody');
    expect((await call('POST', 'auth/register', { body: { email, password: email } })).status).toBe(400);
    expect((await call('POST', 'auth/register', { body: { email, password: PASSWORD } })).status).toBe(201);
  });

  it('counts characters, not bytes, and reads two spellings of one password alike', async () => {
    const email = uniqueEmail();
    const composed = 'pässwörtchén';
    expect((await call('POST', 'auth/register', { body: { email, password: composed } })).status).toBe(201);
    const answer = await call('POST', 'auth/login', { body: { email, password: composed.normalize('NFD') } });
    expect(answer.status).toBe(200);
  });

  it('knows the brand of the sign-up, or answers 404', async () => {
    const tenantId = '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071';
    const body = { email: uniqueEmail(), password: PASSWORD, tenantId };
    expect((await call('POST', 'auth/register', { body })).status).toBe(404);
  });
});

describe('me', () => {
  it('shows and changes what is mine', async () => {
    const person = await register(test, 'Ada');
    const before = await call('GET', 'auth/me', { token: person.token });
    expect(before.body.data).toMatchObject({
      id: person.userId,
      email: person.email,
      name: 'Ada',
      wallets: [],
      tenants: [],
    });
    const change = { name: 'Ada 🧮 Lovelace', timezone: 'Asia/Kathmandu', locale: 'en-GB' };
    const answer = await call('PATCH', 'auth/me', { token: person.token, body: change });
    expect(answer.body.data).toMatchObject(change);
    const cleared = await call('PATCH', 'auth/me', { token: person.token, body: { timezone: null } });
    expect(cleared.body.data).toMatchObject({ timezone: null, locale: 'en-GB' });
  });

  it.each([
    ['timezone', 'Mars/Olympus'],
    ['timezone', '+01:00'],
    ['locale', 'not a locale'],
    ['name', ' '],
    ['name', 'a\u0000b'],
    ['name', 'a\ud800b'],
  ])('refuses %s %j', async (field, value) => {
    const person = await register(test);
    const answer = await call('PATCH', 'auth/me', { token: person.token, body: { [field]: value } });
    expect(answer.status).toBe(400);
    expect(answer.body.error.errors[0].field).toBe(field);
  });
});
