import { expect, it } from 'vitest';
import { purgeExpired } from '#src/auth/purge-expired.ts';
import { fixedClock } from '#src/clients/clock.ts';
import { brandWithMember } from '../support/coupons.ts';
import { PASSWORD, register, uniqueEmail } from '../support/people.ts';
import { makeQuest } from '../support/quests.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'on' });
const { call, deps } = test;
const { sql } = openRows(test.url);
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

it('what quests have counted goes with the events, after 90 days', async () => {
  const brand = await brandWithMember(test);
  const { id } = await makeQuest(test, brand, { kind: 'event', event: 'payment.succeeded' });
  for (const days of [89, 91]) {
    await sql`insert into quest_counts (tenant_id, quest_id, event_id, status, created_at)
      values (${brand.tenantId}, ${id}, uuidv7(), 'ignored', now() - ${days} * interval '1 day')`;
  }
  await purgeAfter(0);
  const left = await sql`select extract(day from now() - created_at)::int as days from quest_counts`;
  expect(left.map(({ days }) => days)).toEqual([89]);
});
