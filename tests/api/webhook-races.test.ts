import { describe, expect, it, vi } from 'vitest';
import { lockDispatch } from '#db/queries/webhook-dispatch.ts';
import { makeDeliveries } from '#src/webhooks/dispatch-events.ts';
import { giveUpEndpoint } from '#src/webhooks/give-up-endpoint.ts';
import { createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import {
  answerStatus,
  attempted,
  createEndpoint,
  deliveriesOf,
  happen,
  startHookReceiver,
  startSender,
} from '../support/webhooks.ts';

const test = await startTestApp({ WEBHOOKS_ALLOW_LOOPBACK: 'on' });
const { sql } = openRows(test.url);

async function setUp(url = 'http://127.0.0.1:9/') {
  const brand = await createBrand(test);
  const endpoint = await createEndpoint(test, brand, { url });
  const change = (body: object) =>
    test.call('PATCH', `webhooks/endpoints/${endpoint.id}`, { token: brand.owner.token, body });
  return { brand, endpoint, change };
}

/** Does the work while events have become deliveries in a transaction that is not over, and ends it then. */
async function whileDispatching(work: () => Promise<unknown>): Promise<void> {
  let working: Promise<unknown> = Promise.resolve();
  await test.deps.db.transaction(async (db) => {
    const tx = db as never;
    expect(await lockDispatch(tx)).toBe(true);
    const now = new Date();
    const room = { room: 0, most: 0, held: [] };
    const { events } = await makeDeliveries(tx, { ...room, limit: 500, now, leaseUntil: () => now });
    expect(events).toBeGreaterThan(0);
    working = work();
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
  await working;
}

// Before the sender runs: it would dispatch, too.
describe('an endpoint that ends while events become its deliveries', () => {
  it('leaves none behind when it is switched off', async () => {
    const { brand, endpoint, change } = await setUp();
    await happen(test, brand);
    await whileDispatching(async () => expect((await change({ active: false })).status).toBe(200));
    expect(await deliveriesOf(test, endpoint)).toMatchObject([{ status: 'canceled' }]);
  });

  it('leaves none behind when it is deleted', async () => {
    const { brand, endpoint } = await setUp();
    await happen(test, brand);
    const call = { token: brand.owner.token };
    await whileDispatching(() => test.call('DELETE', `webhooks/endpoints/${endpoint.id}`, call));
    const rows = await sql`select status from webhook_deliveries where endpoint_id = ${endpoint.id}`;
    expect([...rows]).toEqual([{ status: 'canceled' }]);
  });

  it('leaves none behind when it is given up', async () => {
    const { brand, endpoint } = await setUp();
    await happen(test, brand);
    const gone = { tenantId: brand.tenantId, endpointId: endpoint.id, url: 'http://127.0.0.1:9/', statusCode: 410 };
    await whileDispatching(() => giveUpEndpoint(test.deps, { ...gone, now: new Date() }));
    expect(await deliveriesOf(test, endpoint)).toMatchObject([{ status: 'canceled' }]);
  });

  it('is tested or replayed before that, and it is canceled, or after it, and refused', async () => {
    const { brand, endpoint, change } = await setUp();
    const call = { token: brand.owner.token };
    const tests = Array.from({ length: 10 }, () => test.call('POST', `webhooks/endpoints/${endpoint.id}/test`, call));
    const answers = await Promise.all([...tests, change({ active: false })]);
    expect(answers.filter(({ status }) => ![200, 201, 409].includes(status))).toEqual([]);
    const rows = await sql`select 1 from webhook_deliveries where endpoint_id = ${endpoint.id} and status = 'pending'`;
    expect(rows).toHaveLength(0);
  });
});

describe('an endpoint whose URL changes', () => {
  it('is not given up for what the one before answers', async () => {
    startSender(test);
    const [before, after] = [await startHookReceiver(), await startHookReceiver()];
    const { brand, endpoint, change } = await setUp(before.url);
    let answer = () => {};
    before.answer((response, message) => {
      answer = () => answerStatus(410)(response, message);
    });
    await happen(test, brand);
    await before.until(1);
    expect((await change({ url: after.url })).status).toBe(200);
    answer();
    expect((await attempted(test, endpoint)).attempts[0].statusCode).toBe(410);
    await happen(test, brand);
    await after.until(1);
    const [row] = await sql`select active, disabled_reason from webhook_endpoints where id = ${endpoint.id}`;
    expect(row).toEqual({ active: true, disabled_reason: null });
  });

  it('has not failed yet', async () => {
    const receiver = await startHookReceiver(answerStatus(500));
    const { brand, endpoint, change } = await setUp(receiver.url);
    await happen(test, brand);
    const failingSince = async () =>
      (await sql`select failing_since from webhook_endpoints where id = ${endpoint.id}`)[0]?.['failing_since'];
    await vi.waitFor(async () => expect(await failingSince()).not.toBeNull(), { timeout: 5_000 });
    expect((await change({ url: receiver.url })).body.data.failingSince).not.toBeNull();
    expect((await change({ url: `${receiver.url}&v=2` })).body.data.failingSince).toBeNull();
  });
});
