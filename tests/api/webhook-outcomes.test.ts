import { describe, expect, it } from 'vitest';
import { releaseBatches } from '#db/queries/webhook-batches.ts';
import { insertWebhookDelivery } from '#db/queries/webhook-deliveries.ts';
import { type DeliveryOutcome, type Outcomes, saveOutcomes } from '#db/queries/webhook-outcomes.ts';
import { newId } from '#src/lib/ids.ts';
import { addSeconds } from '#src/lib/time.ts';
import { dispatchEvents } from '#src/webhooks/dispatch-events.ts';
import { saveSent } from '#src/webhooks/save-sent.ts';
import type { Message, Sent } from '#src/webhooks/send-delivery.ts';
import { type Brand, createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createEndpoint, deliveriesOf, type Endpoint, happen } from '../support/webhooks.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const save = (outcomes: DeliveryOutcome[], ended: Outcomes['ended'] = []) =>
  saveOutcomes(test.deps.db, { outcomes, ended });

type Told = { brand: Brand; endpoint: Endpoint; delivery: DeliveryOutcome['delivery'] };

async function setUp(): Promise<Told> {
  const brand = await createBrand(test);
  const endpoint = await createEndpoint(test, brand, { url: 'https://hooks.example.com/' });
  const now = new Date();
  const event = { eventId: newId(), eventType: 'product.created', position: 1, redeliveryOf: null };
  const delivery = { tenantId: brand.tenantId, id: newId(), endpointId: endpoint.id, ...event };
  await insertWebhookDelivery(test.deps.db, { ...delivery, status: 'pending', nextAttemptAt: now, createdAt: now });
  return { brand, endpoint, delivery: { ...delivery, createdAt: now.toISOString() } };
}

function outcome({ delivery }: Pick<Told, 'delivery'>, ok: boolean): DeliveryOutcome {
  const at = new Date();
  const answer = { statusCode: ok ? 200 : 500, error: ok ? null : ('status' as const), response: 'answer' };
  const next = ok
    ? { status: 'succeeded' as const, nextAttemptAt: null, finishedAt: at }
    : { status: 'pending' as const, nextAttemptAt: addSeconds(at, 5), finishedAt: null };
  return { delivery, ...next, attempt: { at: at.toISOString(), durationMs: 5, ...answer } };
}

function sent(message: Message, ok: boolean): Sent {
  const [statusCode, error] = ok ? [200, null] : [500, 'status' as const];
  return { message, outcome: outcome(message, ok), answer: { statusCode, error, retryAfter: null, response: '' } };
}

describe('what came of an attempt', () => {
  it('written twice, since nobody heard that the first time went well, is as written once', async () => {
    const set = await setUp();
    const failed = outcome(set, false);
    for (let time = 0; time < 2; time += 1) await save([failed]);
    const [delivery] = await deliveriesOf(test, set.endpoint);
    expect(delivery).toMatchObject({ status: 'pending', nextAttemptAt: failed.nextAttemptAt?.toISOString() });
    expect(delivery.attempts).toEqual([failed.attempt]);
  });

  it('is a success, whichever of two that sent it is heard first, and both are shown', async () => {
    for (const order of [
      [true, false],
      [false, true],
    ]) {
      const set = await setUp();
      for (const ok of order) await save([outcome(set, ok)]);
      const [delivery] = await deliveriesOf(test, set.endpoint);
      expect(delivery).toMatchObject({ status: 'succeeded', nextAttemptAt: null, finishedAt: expect.any(String) });
      expect(delivery.attempts.map(({ statusCode }: { statusCode: number }) => statusCode === 200)).toEqual(order);
    }
  });
});

describe('what an endpoint answered', () => {
  it('is kept as it is, whatever it holds that means something in an array or in JSON', async () => {
    const set = await setUp();
    const control = String.fromCharCode(...Array.from({ length: 160 }, (_, code) => code || 1));
    const texts = [
      '',
      '"',
      '\\',
      '\\"',
      '[],null,{a}',
      'null',
      '\\u0000',
      '\\ud800',
      '$1 %s \\N',
      ' led and trailed ',
      control,
    ];
    const odd = [...texts, '\u2028\u2029\ufeff\uffff\ufffd', '😀'.repeat(256), '\\'.repeat(1_024), '"'.repeat(1_024)];
    const outcomes = [null, ...odd].map((response): DeliveryOutcome => {
      const { attempt, ...rest } = outcome({ delivery: { ...set.delivery, id: newId() } }, true);
      return { ...rest, attempt: attempt && { ...attempt, response } };
    });
    const unsent = { ...outcome({ delivery: { ...set.delivery, id: newId() } }, true), attempt: null };
    await save([...outcomes, { ...unsent, status: 'canceled' }]);
    const shown = (await deliveriesOf(test, set.endpoint, '?limit=100')).slice(0, -1).reverse();
    expect(shown.map(({ attempts }) => attempts)).toEqual([...outcomes.map(({ attempt }) => [attempt]), []]);
  });
});

/** Events that are taken as a batch as they are dispatched, by a process that sends nothing. */
async function takeBatch(count: number) {
  const brand = await createBrand(test);
  const endpoint = await createEndpoint(test, brand, { url: 'https://hooks.example.com/' });
  for (let n = 0; n < count; n += 1) await happen(test, brand);
  const leaseUntil = (now: Date) => addSeconds(now, 30);
  const { runs } = await dispatchEvents(test.deps, { limit: 500, room: 64, most: 1_000, held: [], leaseUntil });
  const mine = runs.filter(({ target }) => target.tenantId === brand.tenantId);
  const own = mine.flatMap(({ messages }) => [...Iterator.from(messages)]);
  expect(own).toHaveLength(count);
  const [first] = own;
  if (!first?.batch) throw new Error('no batch');
  const batches = () => sql`select id from webhook_batches where endpoint_id = ${endpoint.id}`;
  return { brand, endpoint, messages: own, batch: first.batch, first, batches };
}

describe('a delivery that is taken as its event is dispatched', () => {
  it('becomes a row with what came of it, and its batch goes with the last of them', async () => {
    const { endpoint, messages, batch, batches } = await takeBatch(2);
    expect(await deliveriesOf(test, endpoint)).toEqual([]);
    const [one, other] = messages.map((message) => outcome(message, true));
    if (one) await save([one]);
    expect(await batches()).toHaveLength(1);
    if (other) await save([other], [batch]);
    expect(await batches()).toHaveLength(0);
    const shown = await deliveriesOf(test, endpoint);
    expect(shown.map(({ eventId }) => eventId)).toEqual(messages.map(({ delivery }) => delivery.eventId).reverse());
    for (const { status, attempts } of shown) expect([status, attempts.length]).toEqual(['succeeded', 1]);
  });

  it('is due again when its process is gone, unless it was noted', async () => {
    const { endpoint, messages, first, batches } = await takeBatch(3);
    await save([outcome(first, true)]);
    await releaseBatches(test.deps.db, { now: addSeconds(new Date(), 20) });
    expect(await batches()).toHaveLength(1);
    await releaseBatches(test.deps.db, { now: addSeconds(new Date(), 31) });
    expect(await batches()).toHaveLength(0);
    const shown = (await deliveriesOf(test, endpoint)).reverse();
    expect(shown.map(({ id }) => id)).toEqual(messages.map(({ delivery }) => delivery.id));
    expect(shown.map(({ status }) => status)).toEqual(['succeeded', 'pending', 'pending']);
    // The process was not gone.
    await save([outcome(messages[1] ?? first, true)]);
    expect((await deliveriesOf(test, endpoint)).map(({ status }) => status)).toEqual([
      'pending',
      'succeeded',
      'succeeded',
    ]);
  });

  it('is noted, and so is its endpoint, by a process that is late: others have taken over and sent it again', async () => {
    const { endpoint, messages, batches } = await takeBatch(3);
    await releaseBatches(test.deps.db, { now: addSeconds(new Date(), 31) });
    const [first, second, third] = messages.map((message, index) => sent(message, index !== 1));
    if (!first || !second || !third) throw new Error('not three');
    await save([first.outcome]);
    await saveSent(test.deps, [first, second, third]);
    expect(await batches()).toHaveLength(0);
    const shown = (await deliveriesOf(test, endpoint)).reverse();
    expect(shown.map(({ status, attempts }) => [status, attempts.length])).toEqual([
      ['succeeded', 1],
      ['pending', 1],
      ['succeeded', 1],
    ]);
  });

  it('is noted with what was sent again, in whichever order they came back', async () => {
    const { endpoint, messages, batch, batches } = await takeBatch(2);
    const old = await takeBatch(1);
    await save([outcome(old.first, false)]);
    const again = sent({ ...old.first, batch: null, attempts: 1 }, true);
    await saveSent(test.deps, [sent(messages[0] ?? old.first, false), again, sent(messages[1] ?? old.first, true)]);
    expect([await batches(), batch.left]).toEqual([[], 0]);
    const statuses = async (of: Endpoint) => (await deliveriesOf(test, of)).map(({ status }) => status);
    expect(await statuses(endpoint)).toEqual(['succeeded', 'pending']);
    expect(await statuses(old.endpoint)).toEqual(['succeeded']);
  });

  it('is noted though its endpoint cannot be given up now: that comes with the next failure, and delays nobody', async () => {
    const [one, other] = [await takeBatch(4), await takeBatch(1)];
    const gone = ({ messages: [message] }: typeof one): Sent[] =>
      message
        ? [{ ...sent(message, false), answer: { statusCode: 410, error: 'status', retryAfter: null, response: '' } }]
        : [];
    const enqueue: typeof test.deps.jobs.enqueue = async (_tx, _queue, job) => {
      if ('endpointId' in job && job.endpointId === one.endpoint.id) throw new Error('no jobs');
    };
    const isActive = async () =>
      (
        await sql`select active from webhook_endpoints where id in (${one.endpoint.id}, ${other.endpoint.id}) order by id`
      ).map(({ active }) => active);
    await saveSent({ ...test.deps, jobs: { ...test.deps.jobs, enqueue } }, [...gone(one), ...gone(other)]);
    expect([await isActive(), one.batch.left, await one.batches()]).toMatchObject([[true, false], 3, [{}]]);
    await saveSent(test.deps, gone({ ...one, messages: one.messages.slice(1) }));
    expect(await isActive()).toEqual([false, false]);
    expect(await deliveriesOf(test, one.endpoint)).toHaveLength(4);
  });

  it('is canceled with its endpoint, unless it has arrived', async () => {
    const { brand, endpoint, first } = await takeBatch(2);
    const path = `webhooks/endpoints/${endpoint.id}`;
    await test.call('PATCH', path, { token: brand.owner.token, body: { active: false } });
    const statuses = async () => (await deliveriesOf(test, endpoint)).map(({ status }) => status);
    expect(await statuses()).toEqual(['canceled', 'canceled']);
    await save([outcome(first, false)]);
    expect(await statuses()).toEqual(['canceled', 'canceled']);
    await save([outcome(first, true)]);
    expect(await statuses()).toEqual(['canceled', 'succeeded']);
  });

  it('is not queued once more by a recovery', async () => {
    const { brand, endpoint } = await takeBatch(2);
    const body = { since: addSeconds(new Date(), -60).toISOString() };
    const path = `webhooks/endpoints/${endpoint.id}/recover`;
    const recovered = await test.call('POST', path, { token: brand.owner.token, body });
    expect(recovered.body.data).toEqual({ queued: 0, hasMore: false });
  });
});
