import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';
import { addSeconds } from '#src/lib/time.ts';
import { dispatchEvents } from '#src/webhooks/dispatch-events.ts';
import { createBrand } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';
import {
  answerStatus,
  createEndpoint,
  deliveriesOf,
  happen,
  startHookReceiver,
  startSender,
} from '../support/webhooks.ts';

const test = await startTestApp({ WEBHOOKS_ALLOW_LOOPBACK: 'on' });
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

it('what waits for an endpoint that answers 410 is not sent', async () => {
  startSender(test);
  const receiver = await startHookReceiver();
  const brand = await createBrand(test);
  const endpoint = await createEndpoint(test, brand, { url: receiver.url });
  await happen(test, brand);
  await receiver.until(1);
  // So it is known as one that answers at once: hundreds may wait for it.
  await vi.waitFor(async () => expect(await deliveriesOf(test, endpoint)).toHaveLength(1));
  receiver.answer((response, message) => void setTimeout(() => answerStatus(410)(response, message), 50));
  await Promise.all(Array.from({ length: 200 }, () => happen(test, brand)));
  const canceled = () => deliveriesOf(test, endpoint, '?status=canceled&limit=100');
  await vi.waitFor(async () => expect(await canceled()).toHaveLength(100), { timeout: 10_000 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(receiver.messages.length).toBeLessThan(100);
});
