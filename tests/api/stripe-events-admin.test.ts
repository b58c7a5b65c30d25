import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkEvents } from '#src/stripe-events/check-events.ts';
import { keyed, newKey } from '../support/idempotent.ts';
import { checkInvariants } from '../support/invariants.ts';
import {
  begin,
  cancel,
  confirm,
  depsAt,
  eventOf,
  inMinutes,
  openShop,
  ownedBy,
  readPayment,
  type Shop,
  tell,
} from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';

/** What the processor tells is told here, one event at a time. */
const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);
const { stripe, control } = test.sandbox;
let shop: Shop;
let token: string;

beforeAll(async () => {
  shop = await openShop(test);
  const admin = await quickPerson(test, 'admin');
  await sql`update users set platform_role = 'admin' where id = ${admin.userId}`;
  token = admin.token;
});

afterAll(() => checkInvariants(sql));

const list = (query = '') => call('GET', `stripe/events?${query}`, { token });
const eventIds = ({ body }: Answer): string[] => body.data.map(({ eventId }: { eventId: string }) => eventId);
const replay = (eventId: string, headers = {}) => call('POST', `stripe/events/${eventId}/replay`, { token, headers });
const statusOf = async (id: string) => (await readPayment(test, shop, id)).status;

async function paid(buyer = shop.buyer.token) {
  const made = await begin(test, shop, { token: buyer });
  await confirm(test, made.clientSecret);
  const intent = await stripe.paymentIntents.retrieve(made.card.paymentIntentId);
  return { ...made, intent, event: eventOf('payment_intent.succeeded', intent) };
}

describe('the list of what Stripe told', () => {
  it('is newest first, with its facts and without its content', async () => {
    const { event, id } = await paid();
    const other = eventOf('customer.created', { id: 'cus_secret', object: 'customer', email: 'ada@shop.example' });
    await tell(test, event);
    await tell(test, other);
    const answer = await list('limit=2');
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data).toMatchObject([
      { eventId: other.id, type: 'customer.created', status: 'ignored', attempts: 1, error: null },
      { eventId: event.id, type: 'payment_intent.succeeded', status: 'succeeded', account: null, livemode: false },
    ]);
    expect(answer.body.data[1].createdAt).toBe(new Date(event.created * 1000).toISOString());
    expect(answer.body.data[1].processedAt).not.toBeNull();
    for (const secret of ['ada@shop.example', 'cus_secret', id, '_secret_']) expect(answer.text).not.toContain(secret);
  });

  it('is filtered by status and type, and paged', async () => {
    const types = ['a.one', 'a.two', 'a.one', 'a.one'];
    const told = types.map((type) => eventOf(type, { id: 'x', object: 'x' }));
    for (const event of told) await tell(test, event);
    const [first, , third, fourth] = told.map(({ id }) => id);
    expect(eventIds(await list('type=a.one'))).toEqual([fourth, third, first]);
    expect(eventIds(await list('type=a.one&status=succeeded'))).toEqual([]);
    expect(eventIds(await list('type=a.one&status=ignored&limit=2'))).toEqual([fourth, third]);
    const page = await list('type=a.one&limit=2');
    await tell(test, eventOf('a.one', { id: 'x', object: 'x' }));
    expect(eventIds(await list(`type=a.one&limit=2&cursor=${page.body.meta.nextCursor}`))).toEqual([first]);
    for (const query of ['status=odd', 'limit=0', 'cursor=x'])
      expectRefusal(await list(query), 400, 'VALIDATION_ERROR');
  });
});

describe('a replay', () => {
  it('of what took effect has none', async () => {
    const buyer = await quickPerson(test);
    const { event, id } = await paid(buyer.token);
    await tell(test, event);
    const before = await readPayment(test, { buyer }, id);
    for (let time = 2; time < 4; time += 1) {
      const answer = await replay(event.id);
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body.data).toMatchObject({ eventId: event.id, status: 'succeeded', attempts: time });
    }
    expect(await readPayment(test, { buyer }, id)).toEqual(before);
    expect(await ownedBy(test, shop, buyer.token)).toBe(1);
    const rows = await sql`select type from events where object_id = ${id}`;
    expect(rows).toHaveLength(1);
  });

  it('of what could not be applied applies it', async () => {
    const made = await begin(test, shop);
    await confirm(test, made.clientSecret, 'pm_card_chargeDeclined');
    const intent = await stripe.paymentIntents.retrieve(made.card.paymentIntentId);
    const event = eventOf('payment_intent.payment_failed', intent);
    control.failNext(500, 2);
    await tell(test, event);
    expect(await statusOf(made.id)).toBe('pending');
    expect(eventIds(await list('status=pending'))).toEqual([event.id]);
    expect((await replay(event.id)).body.data).toMatchObject({ status: 'succeeded', attempts: 2, error: null });
    expect(await statusOf(made.id)).toBe('failed');
    expect(eventIds(await list('status=pending'))).toEqual([]);
    await cancel(test, made.id, shop.buyer.token);
  });

  it('of what was given up after thirty tries is how a person goes on', async () => {
    const { id, intent } = await paid();
    const event = eventOf('payment_intent.succeeded', { ...intent, amount_received: 1 });
    await tell(test, event);
    await sql`update stripe_events set attempts = 29 where event_id = ${event.id}`;
    await checkEvents(depsAt(test, inMinutes(1)));
    const [failed] = (await list('status=failed')).body.data;
    expect(failed).toMatchObject({ eventId: event.id, attempts: 30, error: expect.stringContaining('another sum') });
    await checkEvents(depsAt(test, inMinutes(10_000)));
    expect((await list('status=failed')).body.data).toEqual([failed]);
    // Whatever they try, money that is not there is not taken for it.
    expect((await replay(event.id)).body.data).toMatchObject({ status: 'failed', attempts: 31 });
    expect(await statusOf(id)).toBe('pending');
    await tell(test, eventOf('payment_intent.succeeded', intent));
    expect(await statusOf(id)).toBe('succeeded');
    // Now it says nothing new.
    expect((await replay(event.id)).body.data).toMatchObject({ status: 'succeeded' });
  });

  it('twenty times at once has one effect', async () => {
    const buyer = await quickPerson(test);
    const { event, id } = await paid(buyer.token);
    // Kept, and lost before it took effect.
    const wrong = { ...event, data: { object: { ...event.data.object, amount_received: 7 } } };
    await tell(test, wrong);
    await sql`
      update stripe_events set payload = jsonb_set(payload, '{data,object,amount_received}', '1500') where event_id = ${event.id}`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => replay(event.id)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect((await readPayment(test, { buyer }, id)).status).toBe('succeeded');
    expect(await ownedBy(test, shop, buyer.token)).toBe(1);
  });

  it('under an Idempotency-Key is made once', async () => {
    const { event } = await paid();
    await tell(test, event);
    const headers = keyed(newKey());
    const first = await replay(event.id, headers);
    const again = await replay(event.id, headers);
    expect([again.text, again.headers['idempotent-replayed']]).toEqual([first.text, 'true']);
  });

  it('of what was never told is a 404, of what is no event a 400', async () => {
    expectRefusal(await replay('evt_unknown'), 404, 'NOT_FOUND');
    for (const id of ['pi_1', 'evt_', 'evt-1', '%00']) expectRefusal(await replay(id), 400, 'VALIDATION_ERROR');
  });
});
