import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkEvents } from '#src/stripe-events/check-events.ts';
import { isReplay, newKey } from '../support/idempotent.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import {
  buy,
  CARDS,
  connectWebhooks,
  depsAt,
  eventOf,
  inMinutes,
  openShop,
  ownedBy,
  readPayment,
  refund,
  type Shop,
  stockOf,
  sweepIn,
  tell,
  told,
} from '../support/payments.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const { stripe, control } = test.sandbox;
let shop: Shop;
let admin: string;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test, { stock: 1000 });
  admin = shop.owner.token;
});

afterEach(async () => {
  control.resume();
  await told(test);
});

afterAll(async () => {
  // What a bank would still say is said before the books are compared.
  control.advance(60);
  await told(test);
  await checkInvariants(sql, { stock: { [shop.productId]: 1000 } });
  await checkProcessor(sql, stripe);
});

const read = (id: string) => readPayment(test, shop, id);
const refundsOf = (id: string) =>
  sql`select id, status, amount::int, card_refund_id, failure_reason, asked_by from refunds where payment_id = ${id} order by created_at, id`;
const statusesOf = async (id: string) => (await refundsOf(id)).map(({ status }) => status);
const intentOf = async (id: string): Promise<string> =>
  (await sql`select intent_id from payments where id = ${id}`)[0]?.['intent_id'];
const madeAt = async (id: string) => (await stripe.refunds.list({ payment_intent: await intentOf(id) })).data;

describe('a refund that the bank takes its time for', () => {
  it('is pending, holds its money back, and succeeds', async () => {
    const { id } = await buy(test, shop, { card: CARDS.refundPending });
    const answer = await refund(test, id, { token: admin, amount: 1000 });
    expect([answer.status, answer.body.data.refund.status]).toEqual([201, 'pending']);
    expect(await read(id)).toMatchObject({ refundStatus: 'pending', refundedAmount: 0 });
    const more = await refund(test, id, { token: admin, amount: 501 });
    expect(more.body.error.details).toEqual({ left: 500 });
    control.advance(10);
    await told(test);
    expect(await read(id)).toMatchObject({ refundStatus: 'partial', refundedAmount: 1000 });
    expect(await statusesOf(id)).toEqual(['succeeded']);
  });

  it('keeps what was bought until it has succeeded', async () => {
    const { id } = await buy(test, shop, { card: CARDS.refundPending });
    const [stock, owned] = [await stockOf(test, shop), await ownedBy(test, shop)];
    await refund(test, id, { token: admin });
    await told(test);
    expect([await stockOf(test, shop), await ownedBy(test, shop)]).toEqual([stock, owned]);
    control.advance(10);
    await told(test);
    expect([await stockOf(test, shop), await ownedBy(test, shop)]).toEqual([stock + 1, owned - 1]);
  });
});

describe('a refund that fails', () => {
  it('gives the room back, and another may be made', async () => {
    const { id } = await buy(test, shop, { card: CARDS.refundFails });
    const first = await refund(test, id, { token: admin, amount: 1200 });
    expect(first.body.data.refund.status).toBe('succeeded');
    control.advance(10);
    await told(test);
    expect(await refundsOf(id)).toMatchObject([{ status: 'failed', failure_reason: 'expired_or_canceled_card' }]);
    expect(await read(id)).toMatchObject({ refundStatus: 'none', refundedAmount: 0 });
    expect((await refund(test, id, { token: admin, amount: 1500 })).status).toBe(201);
  });

  it('after all was given back is no full refund any more; what was taken back stays so, and is taken once', async () => {
    const { id } = await buy(test, shop);
    const { refund: first } = (await refund(test, id, { token: admin })).body.data;
    await told(test);
    const [stock, owned] = [await stockOf(test, shop), await ownedBy(test, shop)];
    const [row] = await refundsOf(id);
    control.failRefund({ id: row?.['card_refund_id'] });
    await told(test);
    expect(await read(id)).toMatchObject({ status: 'succeeded', refundStatus: 'none', refundedAmount: 0 });
    const again = await refund(test, id, { token: admin });
    expect(again.body.data.refund).toMatchObject({ status: 'succeeded', amount: 1500 });
    expect(again.body.data.refund.id).not.toBe(first.id);
    await told(test);
    expect(await read(id)).toMatchObject({ refundStatus: 'full' });
    expect([await stockOf(test, shop), await ownedBy(test, shop)]).toEqual([stock, owned]);
  });

  it('because the processor refuses it says so, and gives the room back', async () => {
    const { id } = await buy(test, shop);
    const dispute = control.dispute({ charge: await intentOf(id) });
    await told(test);
    const answer = await refund(test, id, { token: admin, amount: 500 });
    expect(answer.status).toBe(201);
    expect(answer.body.data.refund).toMatchObject({ status: 'failed', failureReason: 'charge_disputed' });
    expect(await read(id)).toMatchObject({ refundStatus: 'none', refundedAmount: 0 });
    control.closeDispute({ id: dispute.id, isWon: true });
    await told(test);
  });

  it('that was canceled at the processor gives the room back', async () => {
    const { id } = await buy(test, shop, { card: CARDS.refundPending });
    await refund(test, id, { token: admin });
    const [made] = await madeAt(id);
    await stripe.refunds.cancel(made?.id ?? '');
    control.advance(10);
    await told(test);
    expect((await madeAt(id))[0]?.status).toBe('canceled');
    expect(await statusesOf(id)).toMatchObject([expect.stringMatching(/failed|canceled/)]);
    expect(await read(id)).toMatchObject({ refundStatus: 'none' });
  });
});

describe('with the processor out of reach', () => {
  it.each([
    ['says 500', 500 as const],
    ['hangs up after it has done it', 'drop' as const],
  ])('that %s, the refund is pending, and the job makes it once', async (_, fault) => {
    const { id } = await buy(test, shop);
    control.pause();
    control.failNext(fault, 2);
    const key = newKey();
    const answer = await refund(test, id, { token: admin, key });
    expect([answer.status, answer.body.data.refund.status]).toEqual([201, 'pending']);
    expect(await read(id)).toMatchObject({ refundStatus: 'pending', refundedAmount: 0 });
    const again = await refund(test, id, { token: admin, key });
    expect([again.text, isReplay(again)]).toEqual([answer.text, true]);
    await sweepIn(test, 1);
    await sweepIn(test, 5);
    expect(await statusesOf(id)).toEqual(['succeeded']);
    expect(await madeAt(id)).toHaveLength(1);
    control.resume();
    await told(test);
    expect(await read(id)).toMatchObject({ refundStatus: 'full', refundedAmount: 1500 });
  });

  it('after it has done it, the webhook alone completes it', async () => {
    const { id } = await buy(test, shop);
    control.failNext('drop', 2);
    await refund(test, id, { token: admin, amount: 300 });
    await told(test);
    expect(await refundsOf(id)).toMatchObject([{ status: 'succeeded', card_refund_id: expect.any(String) }]);
    await sweepIn(test, 5);
    expect(await madeAt(id)).toHaveLength(1);
  });
});

describe('a refund against its own webhook (case 9)', () => {
  it('is counted once, however they cross', async () => {
    const payments = await Promise.all(Array.from({ length: 8 }, () => buy(test, shop)));
    control.duplicate(30);
    await Promise.all(
      payments.flatMap(({ id }) => [400, 400, 700].map((amount) => refund(test, id, { token: admin, amount }))),
    );
    await told(test);
    control.duplicate(0);
    for (const { id } of payments) {
      expect(await read(id)).toMatchObject({ refundStatus: 'full', refundedAmount: 1500 });
      expect(await statusesOf(id)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    }
  });

  it('with one that somebody makes at the processor at the same time never exceeds the payment', async () => {
    for (let time = 0; time < 5; time += 1) {
      const { id } = await buy(test, shop);
      const payment_intent = await intentOf(id);
      await Promise.all([
        refund(test, id, { token: admin, amount: 1000 }),
        stripe.refunds.create({ payment_intent, amount: 1000 }).catch(() => {}),
      ]);
      await told(test);
      // Theirs may have been told while ours still held the same money back: then it waits for its turn.
      await checkEvents(depsAt(test, inMinutes(2)));
      expect(await madeAt(id)).toHaveLength(1);
      expect(await read(id)).toMatchObject({ refundedAmount: 1000, refundStatus: 'partial' });
    }
  });
});

describe('a refund that somebody makes at the processor itself', () => {
  it('is recorded, has no asker, and takes back what was bought when nothing is left', async () => {
    const [stock, owned] = [await stockOf(test, shop), await ownedBy(test, shop)];
    const { id } = await buy(test, shop);
    const payment_intent = await intentOf(id);
    await stripe.refunds.create({ payment_intent, amount: 400 });
    await told(test);
    expect(await refundsOf(id)).toMatchObject([{ status: 'succeeded', amount: 400, asked_by: null }]);
    expect(await read(id)).toMatchObject({ refundStatus: 'partial', refundedAmount: 400 });
    expectRefusal(await refund(test, id, { token: admin, amount: 1101 }), 409, 'REFUND_EXCEEDS_PAYMENT');
    await stripe.refunds.create({ payment_intent });
    await told(test);
    expect(await read(id)).toMatchObject({ refundStatus: 'full' });
    expect([await stockOf(test, shop), await ownedBy(test, shop)]).toEqual([stock, owned]);
    const events = await sql`select type from events where object_id = ${id} order by position`;
    expect(events.map(({ type }) => type)).toEqual(['payment.succeeded', 'payment.refunded', 'payment.refunded']);
  });

  it('of which we hear after we have held the same money back comes right in the end', async () => {
    const { id } = await buy(test, shop);
    control.pause();
    await stripe.refunds.create({ payment_intent: await intentOf(id), amount: 1500 });
    control.failNext(500, 2);
    expect((await refund(test, id, { token: admin })).body.data.refund.status).toBe('pending');
    control.resume();
    await told(test);
    // There is no room for both: the event waits until ours is refused.
    expect(await read(id)).toMatchObject({ refundStatus: 'pending', refundedAmount: 0 });
    await sweepIn(test, 1);
    await checkEvents(depsAt(test, inMinutes(2)));
    expect((await statusesOf(id)).sort()).toEqual(['failed', 'succeeded']);
    expect(await read(id)).toMatchObject({ refundStatus: 'full', refundedAmount: 1500 });
    const waiting = await sql`select event_id from stripe_events where status = 'pending'`;
    expect(waiting).toHaveLength(0);
  });

  it('late news of a refund changes nothing that is settled', async () => {
    const { id } = await buy(test, shop);
    await refund(test, id, { token: admin, amount: 500 });
    await told(test);
    const [made] = await madeAt(id);
    const before = await read(id);
    for (const status of ['pending', 'requires_action', 'succeeded']) {
      expect((await tell(test, eventOf('refund.updated', { ...made, status }))).status).toBe(200);
    }
    expect(await read(id)).toEqual(before);
    control.failRefund({ id: made?.id ?? '' });
    await told(test);
    for (const status of ['pending', 'succeeded']) await tell(test, eventOf('refund.updated', { ...made, status }));
    expect(await read(id)).toMatchObject({ refundedAmount: 0, refundStatus: 'none' });
    expect(await statusesOf(id)).toEqual(['failed']);
  });
});
