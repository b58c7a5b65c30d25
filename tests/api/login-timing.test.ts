import { expect, it } from 'vitest';
import { register, uniqueEmail } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', HASH_CONCURRENCY: '1' });
const PAIRS = 250;

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** The two are timed in turn, so that a slow minute of the machine falls on both. */
it('a login with an unknown e-mail takes as long as one with a wrong password', { timeout: 120_000 }, async () => {
  const { email } = await register(test);
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let pair = 0; pair < PAIRS; pair += 1) {
    for (const kind of pair % 2 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)) {
      const body = { email: kind === 'known' ? email : uniqueEmail(), password: 'wrong-password' };
      const startedAt = performance.now();
      const answer = await test.call('POST', 'auth/login', { body });
      times[kind].push(performance.now() - startedAt);
      expect(answer.status).toBe(401);
    }
  }
  const [known, unknown] = [median(times.known), median(times.unknown)];
  expect(Math.abs(known - unknown) / known, `known ${known} ms, unknown ${unknown} ms`).toBeLessThan(0.1);
});
