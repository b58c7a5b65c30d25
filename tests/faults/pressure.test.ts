import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ MAX_EVENT_LOOP_DELAY_MS: '60' });
const page = () => test.call('GET', 'tenants/public');

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Longer than the second over which lateness is averaged. */
async function stall(): Promise<void> {
  for (const end = performance.now() + 2_500; performance.now() < end; await sleep(0)) block(200);
}

it('an event loop that is late on average answers 503, keeps its probes, and recovers', async () => {
  // It starts to measure two seconds after it is ready.
  await sleep(3_500);
  expect((await page()).status).toBe(200);
  await stall();
  const refused = await page();
  expect(refused.status, refused.text).toBe(503);
  expect(refused.body.error.code).toBe('SERVICE_UNAVAILABLE');
  expect(refused.headers['retry-after']).toBe('2');
  for (const probe of ['/health/live', '/api/v1/health/ready']) {
    expect((await test.call('GET', probe)).status).toBe(200);
  }
  await expect.poll(async () => (await page()).status, { timeout: 10_000, interval: 200 }).toBe(200);
});
