import { expect } from 'vitest';
import { atInstant, inSeconds, type Key, keyOf, makeKey } from './keys.ts';
import type { Brand } from './people.ts';
import { expectRefusal } from './refusals.ts';
import { type Answer, startTestApp, type TestApp } from './test-app.ts';

/** The instant of every call that does not say another: midnight may pass while the tests run. */
export const now = inSeconds(60);
const midnight = (days: number, months = 0) =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, months === 0 ? now.getUTCDate() + days : 1));
export const [tomorrow, nextMonth, monthAfter] = [midnight(1), midnight(0, 1), midnight(0, 2)];
export const later = (instant: Date, days: number, ms = 0) => new Date(instant.getTime() + days * 86_400_000 + ms);

export const daily = (amount: number) => ({ amount, interval: 'day' });
export const monthly = (amount: number) => ({ amount, interval: 'month' });

/** An application with limits, which lives at that instant. */
export async function startCreditsApp(): Promise<TestApp> {
  const app = await startTestApp({ RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1' });
  return {
    ...app,
    call: (method, path, sent = {}) =>
      app.call(method, path, { ...sent, headers: { ...atInstant(now), ...sent.headers } }),
  };
}

const keys = 'auth/api-keys';

/** What the people of a brand do with the credits of their keys. */
export function creditCalls(test: TestApp) {
  let addresses = 0;
  const creditsOf = async ({ owner }: Brand, { id }: Pick<Key, 'id'>) =>
    (await test.call('GET', `${keys}/${id}`, { token: owner.token })).body.data.credits;
  return {
    creditsOf,
    remainingOf: async (brand: Brand, key: Pick<Key, 'id'>) => (await creditsOf(brand, key))?.remaining,
    withCredits: (brand: Brand, remaining: number, refill: object | null = null) =>
      makeKey(test, brand, { credits: { remaining, refill } }),
    patch: ({ owner }: Brand, { id }: Pick<Key, 'id'>, body: object, headers = {}) =>
      test.call('PATCH', `${keys}/${id}`, { token: owner.token, body, headers }),
    rotate: async ({ owner }: Brand, { id }: Key, body = {}) =>
      keyOf(await test.call('POST', `${keys}/${id}/rotate`, { token: owner.token, body })),
    /** What a verification says, each from an address of its own. */
    codeOf: async ({ owner }: Brand, { key }: Key): Promise<string> => {
      addresses += 1;
      const headers = { 'x-forwarded-for': `10.7.0.${addresses}` };
      const answer = await test.call('POST', `${keys}/verify`, { token: owner.token, headers, body: { key } });
      return answer.body.data.code;
    },
  };
}

export const statusesOf = async (answers: Promise<Answer>[]) =>
  (await Promise.all(answers)).map(({ status }) => status);
export const times = (count: number, work: () => Promise<Answer>) => statusesOf(Array.from({ length: count }, work));

/** How many got through, where all others had no credit left. */
export function passed(statuses: number[]): number {
  expect(statuses.filter((status) => status !== 200 && status !== 402)).toEqual([]);
  return statuses.filter((status) => status === 200).length;
}

export function expectExhausted(answer: Answer, { refillsAt, at = now }: { refillsAt: Date | null; at?: Date }): void {
  expectRefusal(answer, 402, 'KEY_CREDITS_EXHAUSTED');
  const { details } = answer.body.error;
  const seconds = refillsAt ? Math.ceil((refillsAt.getTime() - at.getTime()) / 1000) : undefined;
  expect(details).toEqual({ refillsAt: refillsAt?.toISOString() ?? null, retryAfterSeconds: seconds });
  expect(answer.headers['retry-after']).toBe(seconds?.toString());
}
