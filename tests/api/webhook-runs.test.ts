import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { addSeconds } from '#src/lib/time.ts';
import { dispatchEvents } from '#src/webhooks/dispatch-events.ts';
import { createBrand } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';
import { createEndpoint, happen } from '../support/webhooks.ts';

const test = await startTestApp();
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

async function takeRuns() {
  const brands = [await createBrand(test), await createBrand(test)];
  for (const brand of brands) {
    await createEndpoint(test, brand, { url: 'https://hooks.example.com/' });
    await happen(test, brand);
  }
  const leaseUntil = (now: Date) => addSeconds(now, 30);
  const { runs } = await dispatchEvents(test.deps, { limit: 500, room: 64, most: 1_000, held: [], leaseUntil });
  const [quick, slow] = brands.map(({ tenantId }) => runs.find(({ target }) => target.tenantId === tenantId));
  if (!quick || !slow) throw new Error('no runs');
  return { sent: new WeakRef(quick.messages.next().value?.body as Buffer), slow };
}

it('what waits for an endpoint keeps nothing of what others were told', async () => {
  const { sent, slow } = await takeRuns();
  // A connection keeps what its last transaction came to.
  await Promise.all(Array.from({ length: 20 }, () => test.deps.db.transaction(async () => {})));
  await new Promise((resolve) => setTimeout(resolve, 50));
  collect();
  expect(sent.deref() === undefined).toBe(true);
  expect(slow.messages.next().value?.body).toBeInstanceOf(Buffer);
});
