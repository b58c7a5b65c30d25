import { expect, it } from 'vitest';
import { purgeExpired } from '#src/auth/purge-expired.ts';
import { fixedClock } from '#src/clients/clock.ts';
import { PASSWORD, register, uniqueEmail } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'on' });
const { call, deps } = test;
const purgeAfter = (days: number) =>
  purgeExpired({ db: deps.db, clock: fixedClock(new Date(Date.now() + days * 86_400_000)) });

it('what has expired goes, what is good stays', async () => {
  const person = await register(test);
  await call('POST', 'auth/login', { body: { email: uniqueEmail(), password: 'wrong-password' } });
  expect(await purgeAfter(0)).toBe(0);
  // The counts of one failure: account, address, and the two together.
  expect(await purgeAfter(1)).toBe(3);
  expect((await call('GET', 'auth/me', { token: person.token })).status).toBe(200);
  // The refresh token after 30 days, the session after 180.
  expect(await purgeAfter(31)).toBe(1);
  expect(await purgeAfter(181)).toBe(1);
  expect((await call('GET', 'auth/me', { token: person.token })).status).toBe(401);
  expect((await call('POST', 'auth/login', { body: { email: person.email, password: PASSWORD } })).status).toBe(200);
});
