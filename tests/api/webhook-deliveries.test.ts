import { describe, expect, it, vi } from 'vitest';
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
  verified,
} from '../support/webhooks.ts';

const test = await startTestApp({ WEBHOOKS_ALLOW_LOOPBACK: 'on' });
const { sql } = openRows(test.url);
startSender(test);

const setUp = async (body: object = {}) => {
  const [brand, receiver] = await Promise.all([createBrand(test), startHookReceiver()]);
  const endpoint = await createEndpoint(test, brand, { url: receiver.url, ...body });
  const call = (method: string, path: string, more: object = {}) =>
    test.call(method, `webhooks/${path}`, { token: brand.owner.token, ...more });
  return { brand, receiver, endpoint, call };
};

describe('a delivery', () => {
  it('brings the event as the feed shows it, signed by Standard Webhooks', async () => {
    const { brand, receiver, endpoint } = await setUp();
    const body = { name: 'Beans', price: { amount: 990, currency: 'EUR' }, status: 'active' };
    const saved = await test.call('POST', 'tenants/brand/products', { token: brand.owner.token, body });
    await receiver.until(1);
    const feed = await test.call('GET', 'events', { token: brand.owner.token });
    const [message] = receiver.messages;
    if (!message) throw new Error('no message');
    expect(verified(message, endpoint.secret)).toEqual(feed.body.data[0]);
    expect(feed.body.data[0]).toMatchObject({ id: message.id, type: 'product.created', sequence: 1 });
    expect(feed.body.data[0].data).toEqual(saved.body.data);
    expect(message.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'TTConnect/test' });
    const delivery = await attempted(test, endpoint);
    expect(delivery).toMatchObject({ status: 'succeeded', eventId: message.id, nextAttemptAt: null });
    expect(delivery.attempts).toMatchObject([{ statusCode: 200, error: null, response: 'thanks' }]);
  });

  it('comes for the types that are asked for, from when the endpoint was made', async () => {
    const { brand, receiver, endpoint } = await setUp({ events: ['membership.*', 'product.updated'] });
    await happen(test, brand);
    await happen(test, brand, { type: 'membership.created' });
    await happen(test, brand, { type: 'product.updated' });
    await happen(test, brand, { type: 'payment.failed' });
    await receiver.until(2);
    const late = await startHookReceiver();
    await createEndpoint(test, brand, { url: late.url });
    await happen(test, brand);
    await late.until(1);
    expect(receiver.messages.map(({ body }) => body.type).sort()).toEqual(['membership.created', 'product.updated']);
    expect(late.messages).toHaveLength(1);
    expect(await deliveriesOf(test, endpoint)).toHaveLength(2);
  });

  it('is tried again after five seconds with the same id and body', { timeout: 20_000 }, async () => {
    const { brand, receiver, endpoint, call } = await setUp();
    receiver.answer((response) => answerStatus(receiver.messages.length === 1 ? 500 : 200)(response, {} as never));
    await happen(test, brand);
    const failed = await attempted(test, endpoint);
    expect(failed).toMatchObject({
      status: 'pending',
      attempts: [{ statusCode: 500, error: 'status', response: 'status 500' }],
    });
    expect((await call('GET', `endpoints/${endpoint.id}`)).body.data.failingSince).toBe(failed.attempts[0].at);
    const done = await attempted(test, endpoint, 2);
    const [first, second] = receiver.messages;
    expect(second?.id).toBe(first?.id);
    expect(second?.text).toBe(first?.text);
    const wait = (second?.at ?? 0) - (first?.at ?? 0);
    expect(wait).toBeGreaterThanOrEqual(5_000);
    expect(wait).toBeLessThan(8_000);
    expect(done.status).toBe('succeeded');
    expect((await call('GET', `deliveries/${done.id}`)).body.data).toEqual(done);
    expect((await call('GET', `endpoints/${endpoint.id}`)).body.data.failingSince).toBeNull();
  });

  it('keeps the order of one endpoint, softly', async () => {
    const { brand, receiver } = await setUp();
    for (let n = 0; n < 30; n += 1) await happen(test, brand, { data: { n } });
    await receiver.until(30);
    const order = receiver.messages.map(({ body }) => body.data.n);
    const displaced = order.filter((n, index) => Math.abs(n - index) > 15);
    expect(displaced).toEqual([]);
  });
});

describe('a replay and a recovery', () => {
  it('send the same message again', async () => {
    const { brand, receiver, endpoint, call } = await setUp();
    await happen(test, brand);
    const first = await attempted(test, endpoint);
    const replayed = await call('POST', `deliveries/${first.id}/replay`);
    expect(replayed.status, replayed.text).toBe(201);
    expect(replayed.body.data).toMatchObject({ redeliveryOf: first.id, eventId: first.eventId, status: 'pending' });
    await receiver.until(2);
    expect(receiver.messages[1]?.text).toBe(receiver.messages[0]?.text);
    expect(receiver.messages[1]?.id).toBe(receiver.messages[0]?.id);
    const headers = receiver.messages.map(({ headers: sent }) => sent['ttconnect-redelivery-of']);
    expect(headers).toEqual([undefined, first.id]);
  });

  it('send a test again as it was', async () => {
    const { receiver, endpoint, call } = await setUp();
    await call('POST', `endpoints/${endpoint.id}/test`);
    const { id } = await attempted(test, endpoint);
    expect((await call('POST', `deliveries/${id}/replay`)).status).toBe(201);
    await receiver.until(2);
    const [first, second] = receiver.messages;
    expect(second?.text).toBe(first?.text);
    expect(second?.headers['ttconnect-redelivery-of']).toBe(id);
  });

  it('refuse what is still tried, and an endpoint that is off', async () => {
    const { brand, receiver, endpoint, call } = await setUp();
    receiver.answer(answerStatus(500));
    await happen(test, brand);
    const { id } = await attempted(test, endpoint);
    expect((await call('POST', `deliveries/${id}/replay`)).body.error.code).toBe('WEBHOOK_DELIVERY_PENDING');
    await call('PATCH', `endpoints/${endpoint.id}`, { body: { active: false } });
    expect(await deliveriesOf(test, endpoint)).toMatchObject([{ status: 'canceled', nextAttemptAt: null }]);
    for (const path of [`deliveries/${id}/replay`, `endpoints/${endpoint.id}/test`]) {
      expect((await call('POST', path)).body.error.code).toBe('WEBHOOK_ENDPOINT_INACTIVE');
    }
    const body = { since: new Date(0).toISOString().replace('1970', '1980') };
    const refused = await call('POST', `endpoints/${endpoint.id}/recover`, { body });
    expect(refused.body.error.code).toBe('WEBHOOK_ENDPOINT_INACTIVE');
  });

  it('bring what was missed while the endpoint was off, once', async () => {
    const { brand, receiver, endpoint, call } = await setUp();
    const since = new Date(Date.now() - 1_000).toISOString();
    await happen(test, brand);
    await attempted(test, endpoint);
    await call('PATCH', `endpoints/${endpoint.id}`, { body: { active: false } });
    for (let n = 0; n < 3; n += 1) await happen(test, brand);
    await call('PATCH', `endpoints/${endpoint.id}`, { body: { active: true } });
    const body = { since };
    expect((await call('POST', `endpoints/${endpoint.id}/recover`, { body })).body.data).toEqual({
      queued: 3,
      hasMore: false,
    });
    await receiver.until(4);
    expect(new Set(receiver.messages.map(({ id }) => id)).size).toBe(4);
    expect((await call('POST', `endpoints/${endpoint.id}/recover`, { body })).body.data.queued).toBe(0);
  });
});

describe('an endpoint', () => {
  it('is told by a test message that is in no feed', async () => {
    const { brand, receiver, endpoint, call } = await setUp({ events: ['file.uploaded'] });
    const sent = await call('POST', `endpoints/${endpoint.id}/test`);
    expect(sent.body.data).toMatchObject({ eventType: 'webhook.test', status: 'pending' });
    await receiver.until(1);
    const [message] = receiver.messages;
    expect(message && verified(message, endpoint.secret)).toMatchObject({
      ...{ id: sent.body.data.eventId, type: 'webhook.test', tenantId: brand.tenantId, sequence: 1 },
      data: { endpointId: endpoint.id },
    });
    expect((await test.call('GET', 'events', { token: brand.owner.token })).body.data).toEqual([]);
  });

  it('gets both signatures for a day after a rotation (30)', async () => {
    const { brand, receiver, endpoint, call } = await setUp();
    const rotated = await call('POST', `endpoints/${endpoint.id}/rotate-secret`);
    const { secret } = rotated.body.data;
    expect(secret).not.toBe(endpoint.secret);
    await happen(test, brand);
    await receiver.until(1);
    const [both] = receiver.messages;
    if (!both) throw new Error('no message');
    expect(String(both.headers['webhook-signature']).split(' ')).toHaveLength(2);
    for (const one of [secret, endpoint.secret]) expect(verified(both, one).id).toBe(both.id);
    await sql`update webhook_endpoints set previous_secret_until = now() where id = ${endpoint.id}`;
    await happen(test, brand);
    await receiver.until(2);
    const [, alone] = receiver.messages;
    if (!alone) throw new Error('no message');
    expect(verified(alone, secret).id).toBe(alone.id);
    expect(() => verified(alone, endpoint.secret)).toThrow('No matching signature');
  });

  it.each([
    ['410', 'gone', 410, null],
    ['five days of failures', 'failing', 500, '5 days 1 minute'],
  ])('is disabled after %s, with a mail to the owner', async (_name, reason, status, ago) => {
    const { brand, receiver, endpoint, call } = await setUp();
    receiver.answer(answerStatus(status));
    if (ago) await sql`update webhook_endpoints set failing_since = now() - ${ago}::interval where id = ${endpoint.id}`;
    await happen(test, brand);
    await vi.waitFor(
      async () =>
        expect((await call('GET', `endpoints/${endpoint.id}`)).body.data).toMatchObject({
          active: false,
          disabledReason: reason,
        }),
      { timeout: 10_000 },
    );
    await test.runJobs();
    const mail = test.mails.findLast(({ to }) => to === brand.owner.email);
    expect(mail?.subject).toContain('webhook endpoint is disabled');
    expect(mail?.text).toContain(receiver.url.split('?')[0]);
    expect(mail?.text).not.toContain('in-the-query');
    const audit = await test.call('GET', `tenants/${brand.tenantId}/audit?action=webhookEndpoint.disabled`, {
      token: brand.owner.token,
    });
    expect(audit.body.data).toMatchObject([{ actor: { type: 'system' }, after: { disabledReason: reason } }]);
    const again = await call('PATCH', `endpoints/${endpoint.id}`, { body: { active: true } });
    expect(again.body.data).toMatchObject({ active: true, disabledAt: null, disabledReason: null, failingSince: null });
  });

  it('that is dead delays nobody (29)', async () => {
    const { brand, receiver: dead } = await setUp();
    dead.answer(() => {});
    const alive = await startHookReceiver();
    await createEndpoint(test, brand, { url: alive.url });
    const startedAt = Date.now();
    for (let n = 0; n < 100; n += 1) await happen(test, brand);
    await alive.until(100);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });
});
