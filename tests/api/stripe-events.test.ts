import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signature } from '#src/embedded/stripe-sandbox/webhooks.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import { makeKey } from '../support/keys.ts';
import {
  begin,
  confirm,
  connectWebhooks,
  eventOf,
  inMinutes,
  openShop,
  readPayment,
  type Shop,
  tell,
  told,
} from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { WEBHOOK_SECRET } from '../support/stripe-sandbox.ts';
import { startTestApp } from '../support/test-app.ts';

const SECOND_SECRET = 'whsec_next_0123456789';
const test = await startTestApp({ STRIPE_WEBHOOK_SECRET: `${WEBHOOK_SECRET},${SECOND_SECRET}` });
const { call } = test;
const { sql } = openRows(test.url);
const { stripe, control } = test.sandbox;
let shop: Shop;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test);
});

afterAll(async () => {
  control.resume();
  await told(test);
  await checkInvariants(sql);
  await checkProcessor(sql, stripe);
});

const kept = async (eventId: string) => (await sql`select * from stripe_events where event_id = ${eventId}`)[0];
const count = async () => (await sql`select count(*)::int as count from stripe_events`)[0]?.['count'];

/** A payment that is paid at the processor, of which nothing was told, with its event. */
async function paid() {
  control.pause();
  const made = await begin(test, shop);
  await confirm(test, made.clientSecret);
  const intent = await stripe.paymentIntents.retrieve(made.card.paymentIntentId);
  return { ...made, intent, event: eventOf('payment_intent.succeeded', intent) };
}
const statusOf = async (id: string) => (await readPayment(test, shop, id)).status;

describe('a signature (case 26)', () => {
  it('of either secret, of up to 300 s ago or ahead, is taken', async () => {
    for (const given of [{}, { secret: SECOND_SECRET }, { at: Date.now() - 295_000 }, { at: Date.now() + 295_000 }]) {
      const { id, event } = await paid();
      const answer = await tell(test, event, given);
      expect([answer.status, answer.body]).toEqual([200, { success: true, data: { received: true } }]);
      expect(await statusOf(id)).toBe('succeeded');
    }
  });

  it('is judged by the clock of the request', async () => {
    const { event } = await paid();
    expectRefusal(await tell(test, event, { clock: inMinutes(6) }), 400, 'INVALID_SIGNATURE');
    expect((await tell(test, event, { clock: inMinutes(4.9) })).status).toBe(200);
  });

  it('that is bad, old, of the future, or missing is refused and leaves nothing', async () => {
    const { id, event } = await paid();
    const before = await count();
    const text = JSON.stringify(event);
    const valid = signature(text, { secret: WEBHOOK_SECRET, at: Date.now() });
    const [stamp = '', mac = ''] = valid.split(',');
    const hex = mac.slice(3);
    const old = signature(text, { secret: WEBHOOK_SECRET, at: Date.now() - 400_000 });
    const oldMac = old.split(',')[1];
    const headers: (string | null)[] = [
      signature(text, { secret: 'whsec_wrong', at: Date.now() }),
      signature(text, { secret: WEBHOOK_SECRET, at: Date.now() - 302_000 }),
      signature(text, { secret: WEBHOOK_SECRET, at: Date.now() + 302_000 }),
      signature(text, { secret: WEBHOOK_SECRET, at: Date.now() - 86_400_000 }),
      signature(`${text} `, { secret: WEBHOOK_SECRET, at: Date.now() }),
      null,
      '',
      'x',
      stamp,
      mac,
      `${stamp},v0=${hex}`,
      `${stamp},v1=${hex.slice(0, -1)}`,
      `${stamp},v1=${'0'.repeat(64)}`,
      `t=,v1=${hex}`,
      `t=NaN,v1=${hex}`,
      // An old signature under a fresh stamp, in any order.
      ...[`${stamp},${oldMac}`, `${old},${stamp}`, `${stamp},${old}`],
    ];
    for (const header of headers) expectRefusal(await tell(test, event, { header }), 400, 'INVALID_SIGNATURE');
    expect(await count()).toBe(before);
    expect(await statusOf(id)).toBe('pending');
    expect((await tell(test, text, { header: valid })).status).toBe(200);
  });

  it('is over the bytes: a body that was read and written again is refused', async () => {
    const { id, event } = await paid();
    const pretty = JSON.stringify(event, null, 2);
    const header = signature(pretty, { secret: WEBHOOK_SECRET, at: Date.now() });
    const changed = [
      JSON.stringify(JSON.parse(pretty)),
      pretty.replace('"succeeded"', '"succeeded" '),
      `${pretty}\n`,
      pretty.replace('"amount_received": 1500', '"amount_received": 1'),
      pretty.replaceAll('/', '\\/'),
    ];
    for (const body of changed) {
      if (body !== pretty) expectRefusal(await tell(test, body, { header }), 400, 'INVALID_SIGNATURE');
    }
    expect(await statusOf(id)).toBe('pending');
    expect((await tell(test, pretty, { header })).status).toBe(200);
    expect(await statusOf(id)).toBe('succeeded');
  });

  it('says nothing about credentials: the endpoint has no other', async () => {
    const { event } = await paid();
    const header = null;
    expectRefusal(await tell(test, event, { header }), 400);
    const signed = { 'stripe-signature': 'x', 'content-type': 'application/json' };
    const payload = JSON.stringify(event);
    const asOwner = await call('POST', 'stripe/webhook', { token: shop.owner.token, headers: signed, payload });
    expectRefusal(asOwner, 400, 'INVALID_SIGNATURE');
  });
});

describe('a body', () => {
  it('of more than 256 KB is refused unread, one of that size is not', async () => {
    const fill = (bytes: number) => {
      const event = eventOf('customer.created', { id: 'cus_1', object: 'customer', description: '' });
      const base = Buffer.byteLength(JSON.stringify(event));
      event.data.object = { ...event.data.object, description: 'x'.repeat(bytes - base) } as never;
      return JSON.stringify(event);
    };
    expectRefusal(await tell(test, fill(262_145)), 413, 'PAYLOAD_TOO_LARGE');
    const most = fill(262_144);
    expect(Buffer.byteLength(most)).toBe(262_144);
    expect((await tell(test, most)).status).toBe(200);
  });

  it('that is signed and holds no event is refused', async () => {
    const event = eventOf('customer.created', { id: 'cus_1', object: 'customer' });
    const without = (name: string) => JSON.stringify({ ...event, [name]: undefined });
    const none = ['', 'null', '[]', '7', '{}', '{', ...['id', 'object', 'type', 'created', 'data'].map(without)];
    for (const body of none) {
      const header = signature(body, { secret: WEBHOOK_SECRET, at: Date.now() });
      expectRefusal(await tell(test, body, { header }), 400);
    }
  });

  it('of another type than JSON is refused', async () => {
    const payload = JSON.stringify(eventOf('customer.created', { id: 'cus_1', object: 'customer' }));
    const stripeSignature = signature(payload, { secret: WEBHOOK_SECRET, at: Date.now() });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream']) {
      const headers = { 'content-type': type, 'stripe-signature': stripeSignature };
      expectRefusal(await call('POST', 'stripe/webhook', { headers, payload }), 415);
    }
  });
});

describe('an event', () => {
  it('of an unknown type is answered 200 and kept (case 27)', async () => {
    const odd = [
      eventOf('v9.teapot.boiled', { id: 'tp_1', object: 'teapot' }),
      eventOf('customer.created', { id: 'cus_1', object: 'customer' }),
      eventOf('invoice.upcoming', { object: 'invoice' }),
      eventOf('teapot', { id: 7, object: null }),
    ];
    for (const event of odd) {
      expect((await tell(test, event)).status, event.type).toBe(200);
      expect(await kept(event.id)).toMatchObject({ type: event.type, status: 'ignored', attempts: 1, error: null });
    }
    expect((await kept(odd[0]?.id ?? ''))?.['payload']).toEqual(JSON.parse(JSON.stringify(odd[0])));
  });

  it('of live mode is nothing for test data: 400, and not kept (case 27)', async () => {
    const { id, event } = await paid();
    expectRefusal(await tell(test, { ...event, livemode: true }), 400, 'WRONG_LIVEMODE');
    expect(await kept(event.id)).toBeUndefined();
    expect(await statusOf(id)).toBe('pending');
    expect((await tell(test, event)).status).toBe(200);
  });

  it('is kept as it came, without the secret of its intent', async () => {
    const { event, clientSecret } = await paid();
    await tell(test, event);
    const row = await kept(event.id);
    expect(row).toMatchObject({
      type: 'payment_intent.succeeded',
      status: 'succeeded',
      livemode: false,
      account: null,
    });
    expect(JSON.stringify(row)).not.toContain(clientSecret);
    const { client_secret: _secret, ...object } = event.data.object as Record<string, unknown>;
    expect(row?.['payload']).toEqual(JSON.parse(JSON.stringify({ ...event, data: { object } })));
    expect(test.logs()).not.toContain(clientSecret);
  });

  it('of an intent that is nobody’s is kept and ignored', async () => {
    const { intent } = await paid();
    const strange: object[] = [
      { metadata: {} },
      { metadata: { paymentId: 'x', tenantId: 'y' } },
      { metadata: { paymentId: randomUUID(), tenantId: randomUUID() } },
      { metadata: { paymentId: intent.metadata['paymentId'], tenantId: randomUUID() } },
    ];
    for (const change of strange) {
      for (const status of ['succeeded', 'processing', 'canceled']) {
        const event = eventOf(`payment_intent.${status}`, { ...intent, ...change, status });
        expect((await tell(test, event)).status).toBe(200);
        expect(await kept(event.id)).toMatchObject({ status: 'ignored' });
      }
    }
  });
});

describe('metadata that points elsewhere', () => {
  it('never pays another brand’s payment, nor another one of its own', async () => {
    const other = await openShop(test);
    const victim = await begin(test, other);
    const { intent, id } = await paid();
    const foreign = { ...intent, metadata: { tenantId: other.tenantId, paymentId: victim.id } };
    await tell(test, eventOf('payment_intent.succeeded', foreign));
    await tell(test, eventOf('payment_intent.canceled', { ...foreign, status: 'canceled' }));
    expect((await readPayment(test, other, victim.id)).status).toBe('pending');
    const second = await begin(test, shop);
    await tell(
      test,
      eventOf('payment_intent.succeeded', { ...intent, metadata: { ...intent.metadata, paymentId: second.id } }),
    );
    expect(await statusOf(second.id)).toBe('pending');
    expect(await statusOf(id)).toBe('pending');
  });

  it('from the account of another brand never touches a payment', async () => {
    const victim = await begin(test, shop);
    const intent = await stripe.paymentIntents.retrieve(victim.card.paymentIntentId);
    const { id: account } = await stripe.accounts.create();
    // What a brand can write with its own account: any metadata, any sum.
    const theirs = { ...intent, status: 'succeeded', amount_received: 1500 };
    for (const object of [theirs, { ...theirs, id: 'pi_theirs' }]) {
      const event = eventOf('payment_intent.succeeded', object, { account });
      expect((await tell(test, event)).status).toBe(200);
      expect(await kept(event.id)).toMatchObject({ status: 'ignored', account });
    }
    expect(await statusOf(victim.id)).toBe('pending');
    const refund = { id: 're_1', object: 'refund', amount: 1500, currency: 'eur', status: 'succeeded', metadata: {} };
    const about = { ...refund, payment_intent: intent.id };
    const dispute = { ...about, id: 'du_1', object: 'dispute', status: 'lost', reason: 'general', created: 1 };
    for (const [type, object] of [
      ['refund.created', about],
      ['charge.dispute.closed', dispute],
    ] as const) {
      const event = eventOf(type, object, { account });
      await tell(test, event);
      expect(await kept(event.id)).toMatchObject({ status: 'ignored' });
    }
  });

  it('or another sum than the payment’s is no payment: a person must look', async () => {
    const { id, intent } = await paid();
    for (const change of [{ amount_received: 1499 }, { amount_received: 1501 }, { currency: 'jpy' }]) {
      const event = eventOf('payment_intent.succeeded', { ...intent, ...change });
      expect((await tell(test, event)).status).toBe(200);
      expect(await kept(event.id)).toMatchObject({ status: 'pending', retry_at: expect.any(Date) });
    }
    expect(await statusOf(id)).toBe('pending');
  });
});

describe('what Stripe told', () => {
  it('is for platform admins alone', async () => {
    const { event } = await paid();
    await tell(test, event);
    const paths = [['GET', 'stripe/events'] as const, ['POST', `stripe/events/${event.id}/replay`] as const];
    for (const [method, path] of paths) {
      expectRefusal(await call(method, path), 401);
      for (const { token } of [shop.owner, shop.buyer, await quickPerson(test)]) {
        expectRefusal(await call(method, path, { token }), 403, 'FORBIDDEN');
      }
      expectRefusal(await call(method, path, { token: (await makeKey(test, shop)).key }), 403, 'FORBIDDEN');
    }
  });
});
