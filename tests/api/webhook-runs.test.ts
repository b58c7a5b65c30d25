import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';
import { addSeconds } from '#src/lib/time.ts';
import { dispatchEvents } from '#src/webhooks/dispatch-events.ts';
import { createBrand } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';
import {
  type Answering,
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

/** An endpoint that answers at once, so that hundreds may wait for it, until it is told of 200 events. */
async function setUp(answering: Answering) {
  startOnce();
  const receiver = await startHookReceiver();
  const brand = await createBrand(test);
  const endpoint = await createEndpoint(test, brand, { url: receiver.url });
  await happen(test, brand);
  await receiver.until(1);
  await vi.waitFor(async () => expect(await deliveriesOf(test, endpoint)).toHaveLength(1));
  receiver.answer(answering);
  await Promise.all(Array.from({ length: 200 }, () => happen(test, brand)));
  const canceled = () => deliveriesOf(test, endpoint, '?status=canceled&limit=100');
  return { receiver, brand, endpoint, canceled };
}

const later = (ms: number, answering: Answering): Answering => {
  return (response, message) => void setTimeout(() => answering(response, message), ms);
};
let isStarted = false;
function startOnce() {
  if (!isStarted) startSender(test);
  isStarted = true;
}

it('what waits for an endpoint that answers 410 is not sent', async () => {
  const { receiver, canceled } = await setUp(later(50, answerStatus(410)));
  await vi.waitFor(async () => expect(await canceled()).toHaveLength(100), { timeout: 10_000 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(receiver.messages.length).toBeLessThan(100);
});

it.each(['PATCH', 'DELETE'] as const)('what waits for an endpoint that is ended by %s is not sent', async (method) => {
  const { receiver, brand, endpoint } = await setUp(later(1_000, answerStatus(200)));
  await receiver.until(3);
  const call = { token: brand.owner.token, ...(method === 'PATCH' && { body: { active: false } }) };
  expect((await test.call(method, `webhooks/endpoints/${endpoint.id}`, call)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  expect(receiver.messages.length).toBeLessThan(150);
});
