import { describe, expect, it, vi } from 'vitest';
import type { CardEvent } from '#src/clients/card-payments.ts';
import { createStripe } from '#src/clients/stripe.ts';
import { signature } from '#src/embedded/stripe-sandbox/webhooks.ts';
import { SECOND_SECRET, startCards, stripeSettings } from '../support/card-payments.ts';
import { startReceiver, startSandbox, WEBHOOK_SECRET } from '../support/stripe-sandbox.ts';

const receiver = await startReceiver();
const { cards, stripe, control, key, newIntent, paidIntent, activeSubscription } = await startCards({
  webhookUrl: receiver.url,
});
const account = null;

describe('events', () => {
  it('are listed from an instant on, the oldest first, by account', async () => {
    const { id } = await stripe.accounts.create();
    const since = new Date(control.now() * 1000);
    const made = await newIntent({ account: id });
    const events = await cards.listEvents({ account: id, since });
    expect(events.map(({ type }) => type)).toEqual(['customer.created', 'payment_intent.created']);
    expect(events[0]?.object).toEqual({ kind: 'other' });
    expect(events[1]).toMatchObject({ account: id, livemode: false, apiVersion: '2026-10-28.endive' });
    expect(events[1]?.object).toEqual({ kind: 'intent', intent: made });
    expect(events[1]?.payload).toMatchObject({ id: events[1]?.id, object: 'event' });
    expect(await cards.listEvents({ account: id, since: new Date(since.getTime() + 86_400_000) })).toEqual([]);
    const ids = new Set((await cards.listEvents({ account, since: new Date(0) })).map((event) => event.id));
    expect(events.some((event) => ids.has(event.id))).toBe(false);
  });

  it('are at most 1,000, those that came first', async () => {
    // In a sandbox of its own: the deliveries of this one would wait behind them.
    const other = await startSandbox();
    for (let made = 0; made < 1020; made += 20) {
      await Promise.all(Array.from({ length: 20 }, () => other.stripe.customers.create()));
    }
    const first = await other.stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 2000 });
    const gateway = createStripe(stripeSettings(other.url));
    const events = await gateway.listEvents({ account, since: new Date(0) });
    expect(events).toHaveLength(1000);
    expect(events.map((event) => event.id)).toEqual(
      first
        .reverse()
        .map((event) => event.id)
        .slice(0, 1000),
    );
  });

  it('hold what they are about', async () => {
    const since = new Date(control.now() * 1000);
    const { id: intentId } = await paidIntent('pm_card_createDispute');
    const other = await paidIntent();
    const about = {
      account,
      intentId: other.id,
      amount: 100,
      currency: 'EUR',
      reason: null,
      metadata: { refundId: 'r' },
    };
    const refund = await cards.createRefund({ ...about, idempotencyKey: key() });
    const subscription = await activeSubscription();
    const events = await cards.listEvents({ account, since });
    const objectOf = (type: string) => events.find((event) => event.type === type)?.object;
    expect(objectOf('refund.created')).toEqual({ kind: 'refund', refund });
    expect(objectOf('customer.created') ?? { kind: 'other' }).toEqual({ kind: 'other' });
    const fingerprint = expect.stringMatching(/^[\w-]{16}$/);
    expect(objectOf('charge.refunded')).toMatchObject({ kind: 'charge', charge: { isPaid: true, fingerprint } });
    const dispute = { id: expect.any(String), intentId, amount: 1099, currency: 'EUR', reason: 'fraudulent' };
    const opened = { ...dispute, status: 'needs_response', createdAt: expect.any(Date) };
    expect(objectOf('charge.dispute.created')).toEqual({ kind: 'dispute', dispute: opened });
    const { id: subscriptionId, metadata, latestInvoiceId: invoiceId } = subscription;
    expect(objectOf('customer.subscription.created')).toEqual({ kind: 'subscription', subscriptionId, metadata });
    expect(objectOf('invoice.paid')).toEqual({ kind: 'invoice', invoiceId, subscriptionId });
    expect(events.find(({ type }) => type === 'payment_intent.succeeded')?.object).toMatchObject({
      intent: { id: intentId, status: 'succeeded' },
    });
  });
});

describe('deliveries', () => {
  const now = new Date('2026-11-23T14:15:16.500Z');
  const data = { object: { id: 'cus_1', object: 'customer' } };
  const event = {
    id: 'evt_1',
    object: 'event',
    type: 'customer.created',
    created: 1_795_000_000,
    livemode: false,
    data,
  };
  const body = Buffer.from(JSON.stringify({ ...event, api_version: '2026-10-28.endive' }));
  const signed = ({ secret = WEBHOOK_SECRET, seconds = 0, text = String(body) } = {}) =>
    signature(text, { secret, at: now.getTime() + seconds * 1000 });
  const read = (header: string | undefined, bytes: Buffer | string = body) =>
    cards.readEvent({ body: Buffer.from(bytes), signature: header, now });

  it('are read as they come', async () => {
    const { id } = await stripe.accounts.create();
    const made = await newIntent({ account: id });
    const arrived = () => {
      const found = receiver.received.find((one) => (one.event.data.object as { id?: string }).id === made.id);
      if (!found) throw new Error('not delivered yet');
      return found;
    };
    const { body: text, headers } = await vi.waitFor(arrived, { timeout: 10_000, interval: 20 });
    const input = { body: Buffer.from(text), signature: String(headers['stripe-signature']), now: new Date() };
    const found = (await cards.readEvent(input)) as CardEvent;
    expect(found).toMatchObject({ type: 'payment_intent.created', account: id });
    expect(found.object).toEqual({ kind: 'intent', intent: made });
    // Kept without what pays the intent.
    const told = JSON.parse(text);
    expect(told.data.object.client_secret).toBe(made.clientSecret);
    const { client_secret: _secret, ...object } = told.data.object;
    expect(found.payload).toEqual({ ...told, data: { ...told.data, object } });
    const [listed] = (await cards.listEvents({ account: id, since: new Date(0) })).filter((one) => one.id === found.id);
    expect(listed).toEqual(found);
  });

  it('are those of any of the secrets', async () => {
    expect(await read(signed())).toMatchObject({ id: 'evt_1', account: null, object: { kind: 'other' } });
    expect(await read(signed({ secret: SECOND_SECRET }))).toMatchObject({ id: 'evt_1' });
    expect(await read(signed({ secret: 'whsec_other' }))).toBeNull();
    const rolled = `${signed({ secret: 'whsec_other' })},${signed().split(',')[1]}`;
    expect(await read(rolled)).toMatchObject({ id: 'evt_1' });
  });

  it('are of about now', async () => {
    for (const seconds of [-300, 300]) expect(await read(signed({ seconds })), String(seconds)).not.toBeNull();
    for (const seconds of [-301, 301, -86_400, 86_400]) expect(await read(signed({ seconds }))).toBeNull();
    const [stamp] = signed().split(',');
    const old = signed({ seconds: -301 });
    expect(await read(`${stamp},${old}`)).toBeNull();
    expect(await read(`${old},${stamp}`)).toBeNull();
  });

  it('are nothing when they were changed, or say nothing', async () => {
    expect(await read(signed(), String(body).replace('evt_1', 'evt_2'))).toBeNull();
    expect(await read(signed(), Buffer.concat([body, Buffer.from(' ')]))).toBeNull();
    const stamp = signed().split(',')[0];
    for (const header of [
      undefined,
      '',
      'x',
      't=',
      't=,v1=',
      `${stamp}`,
      `${stamp},v1=`,
      `${stamp},v1`,
      `${stamp},v1=é`,
    ]) {
      expect(await read(header), header).toBeNull();
    }
    const changed = [{ object: 'list' }, { object: 'v2.core.event' }, { data: {} }, { data: null }, { id: 7 }];
    const others = changed.map((change) => JSON.stringify({ ...event, ...change }));
    for (const text of ['', 'null', '7', '[]', '{}', '{', ...others])
      expect(await read(signed({ text }), text), text).toBeNull();
    const upcoming = JSON.stringify({ ...event, type: 'invoice.upcoming', data: { object: { object: 'invoice' } } });
    expect(await read(signed({ text: upcoming }), upcoming)).toMatchObject({ object: { kind: 'other' } });
  });
});
