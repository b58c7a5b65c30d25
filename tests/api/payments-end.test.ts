import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { checkPayments } from '#src/payments/check-payments.ts';
import { keyed, newKey } from '../support/idempotent.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import { makeKey } from '../support/keys.ts';
import {
  atAnotherTime,
  authenticate,
  begin,
  buy,
  CARDS,
  cancel,
  confirm,
  connectWebhooks,
  depsAt,
  inMinutes,
  openShop,
  order,
  ownedBy,
  readPayment,
  type Shop,
  secondInstance,
  stockOf,
  sweepIn,
  told,
} from '../support/payments.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const { stripe } = test.sandbox;
let shop: Shop;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test, { stock: 500 });
});

afterAll(async () => {
  await told(test);
  await checkInvariants(sql, { stock: { [shop.productId]: 500 } });
  await checkProcessor(sql, stripe);
});

const read = (id: string) => readPayment(test, shop, id);
const eventsOf = async (id: string) =>
  (await sql`select type from events where object_id = ${id} order by position`).map(({ type }) => type);
const intentOf = (clientSecret: string) => stripe.paymentIntents.retrieve(clientSecret.split('_secret_')[0] ?? '');

describe('canceling', () => {
  it('ends the payment here and at the processor: nobody can pay it any more', async () => {
    const { id, clientSecret } = await begin(test, shop);
    const answer = await cancel(test, id, shop.buyer.token);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data).toMatchObject({ id, status: 'canceled', refundStatus: 'none', succeededAt: null });
    expect((await intentOf(clientSecret)).status).toBe('canceled');
    expect((await confirm(test, clientSecret)).status).toBe(400);
    await told(test);
    expect(await read(id)).toEqual(answer.body.data);
    // A brand is told of what expires and fails; of its buyers' second thoughts there is no event.
    expect(await eventsOf(id)).toEqual([]);
  });

  it('again stays so', async () => {
    const { id } = await begin(test, shop);
    const first = await cancel(test, id, shop.buyer.token, keyed(newKey()));
    expect((await cancel(test, id, shop.buyer.token)).body).toEqual(first.body);
    expect((await cancel(test, id, shop.owner.token)).body).toEqual(first.body);
  });

  it('is for the buyer, the team, and keys that write', async () => {
    const staff = await quickMember(test, shop.tenantId, 'staff');
    const key = await makeKey(test, shop);
    for (const token of [staff.token, shop.owner.token, key.key]) {
      const { id } = await begin(test, shop);
      expect((await cancel(test, id, token)).body.data.status).toBe('canceled');
    }
    const { id } = await begin(test, shop);
    const reader = await makeKey(test, shop, { scopes: ['read'] });
    expectRefusal(await cancel(test, id, reader.key), 403, 'INSUFFICIENT_SCOPE');
    const other = await openShop(test);
    const strangers = [(await quickPerson(test)).token, other.owner.token, (await makeKey(test, other)).key];
    for (const token of strangers) {
      const foreign = await cancel(test, id, token);
      expectRefusal(foreign, 404, 'NOT_FOUND');
      expect(comparable(foreign)).toEqual(comparable(await cancel(test, newId(), token)));
    }
    expectRefusal(await test.call('POST', `payments/${id}/cancel`), 401);
    expect((await read(id)).status).toBe('pending');
  });

  it('of what is paid is refused', async () => {
    const { id } = await buy(test, shop);
    const answer = await cancel(test, id, shop.owner.token);
    expectRefusal(answer, 409, 'PAYMENT_NOT_CANCELABLE');
    expect(answer.body.error.details).toEqual({ status: 'succeeded' });
  });

  it('of what was paid a moment ago, and nobody has told us, finds it paid', async () => {
    test.sandbox.control.pause();
    const { id, clientSecret } = await begin(test, shop);
    await confirm(test, clientSecret);
    expect((await read(id)).status).toBe('pending');
    expectRefusal(await cancel(test, id, shop.buyer.token), 409, 'PAYMENT_NOT_CANCELABLE');
    expect((await read(id)).status).toBe('succeeded');
    test.sandbox.control.resume();
    await told(test);
    expect(await eventsOf(id)).toEqual(['payment.succeeded']);
  });

  it('works after a decline and while authentication is wanted', async () => {
    const declined = await begin(test, shop);
    await confirm(test, declined.clientSecret, CARDS.declined);
    const waiting = await begin(test, shop);
    await confirm(test, waiting.clientSecret, CARDS.authentication);
    await told(test);
    expect((await cancel(test, waiting.id, shop.buyer.token)).body.data.status).toBe('canceled');
    await authenticate(test, waiting.clientSecret);
    expect((await cancel(test, declined.id, shop.buyer.token)).body.data.status).toBe('canceled');
    expect((await confirm(test, declined.clientSecret)).status).toBe(400);
    await told(test);
    expect((await read(waiting.id)).status).toBe('canceled');
    const [row] = await sql`select closed_at from payments where id = ${declined.id}`;
    expect(row?.['closed_at']).not.toBeNull();
  });

  it('under one Idempotency-Key is answered once', async () => {
    const { id } = await begin(test, shop);
    const headers = keyed(newKey());
    const first = await cancel(test, id, shop.buyer.token, headers);
    const again = await cancel(test, id, shop.buyer.token, headers);
    expect([again.status, again.text, again.headers['idempotent-replayed']]).toEqual([200, first.text, 'true']);
  });

  it('with the processor out of reach is 503, changes nothing, and works later', async () => {
    const { id } = await begin(test, shop);
    await told(test);
    test.sandbox.control.failNext(500, 2);
    const answer = await cancel(test, id, shop.buyer.token);
    expectRefusal(answer, 503, 'SERVICE_UNAVAILABLE');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await read(id)).status).toBe('pending');
    expect((await cancel(test, id, shop.buyer.token)).body.data.status).toBe('canceled');
  });

  it('against a confirmation ends as one of the two, 30 times', async () => {
    const ends = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const buyer = await quickPerson(test);
        const { id, clientSecret } = await begin(test, shop, { token: buyer.token });
        const [confirmed, canceled] = await Promise.all([confirm(test, clientSecret), cancel(test, id, buyer.token)]);
        await told(test);
        const { status } = await readPayment(test, { buyer }, id);
        const owned = await ownedBy(test, shop, buyer.token);
        return { status, owned, isPaid: confirmed.body.status === 'succeeded', answer: canceled.status };
      }),
    );
    for (const end of ends) {
      const paid = { status: 'succeeded', owned: 1, isPaid: true, answer: 409 };
      expect(end).toEqual(end.isPaid ? paid : { status: 'canceled', owned: 0, isPaid: false, answer: 200 });
    }
  });

  it('against its own making leaves nothing to pay', async () => {
    // The row is there, the intent is on its way: whoever comes first, the other cleans up.
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const { token } = await quickPerson(test);
        const making = order(test, shop, { token });
        const [{ id } = { id: '' }] = await waitForPaymentOf(token);
        const canceled = await cancel(test, id, token);
        return { made: await making, canceled };
      }),
    );
    for (const { made, canceled } of answers) {
      expect(canceled.body.data.status).toBe('canceled');
      const secret = made.body.data.card?.clientSecret;
      if (secret) expect((await intentOf(secret)).status).toBe('canceled');
    }
    const open = await stripe.paymentIntents.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
    const [rows] = await sql`select array_agg(intent_id) as ids from payments where closed_at is null`;
    const orphans = open.filter(
      ({ status, id }) => status === 'requires_payment_method' && !rows?.['ids']?.includes(id),
    );
    expect(orphans.map(({ id }) => id)).toEqual([]);
  });
});

async function waitForPaymentOf(token: string): Promise<{ id: string }[]> {
  for (;;) {
    const { body } = await test.call('GET', 'payments', { token });
    if (body.data.length > 0) return body.data;
  }
}

describe('expiring', () => {
  it('happens after 30 minutes: nobody can pay it, what it held is free, and the brand is told', async () => {
    const { id, payment, clientSecret } = await begin(test, shop, { quantity: 5 });
    const before = await stockOf(test, shop);
    const last = new Date(Date.parse(payment.expiresAt) - 1);
    await checkPayments(depsAt(test, last));
    expect((await read(id)).status).toBe('pending');
    await atAnotherTime(test, () => checkPayments(depsAt(test, new Date(payment.expiresAt))));
    expect(await read(id)).toMatchObject({ status: 'expired' });
    expect(await stockOf(test, shop)).toBeGreaterThanOrEqual(before + 5);
    expect((await confirm(test, clientSecret)).status).toBe(400);
    await told(test);
    expect(await eventsOf(id)).toEqual(['payment.expired']);
    const state = await test.call('GET', `payments/status/${payment.trackingId}`);
    expect(state.body.data.status).toBe('expired');
    // The processor's own word of the canceled intent comes after, and changes nothing.
    await sweepIn(test, 60);
    expect(await eventsOf(id)).toEqual(['payment.expired']);
  });

  it('is final: canceled afterwards it stays expired', async () => {
    const { id } = await begin(test, shop);
    await sweepIn(test, 31);
    expect((await read(id)).status).toBe('expired');
    const answer = await cancel(test, id, shop.buyer.token);
    expect(answer.body.data.status).toBe('expired');
  });

  it('of what was paid in the last moment finds it paid', async () => {
    test.sandbox.control.pause();
    const { id, clientSecret } = await begin(test, shop);
    await confirm(test, clientSecret);
    await sweepIn(test, 31);
    expect((await read(id)).status).toBe('succeeded');
    test.sandbox.control.resume();
    await told(test);
    expect(await eventsOf(id)).toEqual(['payment.succeeded']);
  });

  it('waits for a bank that works on it', async () => {
    const { id, clientSecret } = await begin(test, shop);
    await confirm(test, clientSecret, CARDS.bank);
    await told(test);
    await sweepIn(test, 45);
    expect((await read(id)).status).toBe('processing');
    test.sandbox.control.advance(200);
    await told(test);
    expect((await read(id)).status).toBe('succeeded');
  });

  it('waits for a bank of which nothing was told yet', async () => {
    test.sandbox.control.pause();
    const { id, clientSecret } = await begin(test, shop);
    await confirm(test, clientSecret, CARDS.bank);
    await sweepIn(test, 20);
    expect((await read(id)).status).toBe('processing');
    await sweepIn(test, 45);
    test.sandbox.control.advance(200);
    test.sandbox.control.resume();
    await told(test);
    expect((await read(id)).status).toBe('succeeded');
  });

  it('happens once on two instances at once, and to each of 120', async () => {
    const crowd = await openShop(test, { stock: 120 });
    await Promise.all(Array.from({ length: 120 }, () => begin(test, crowd)));
    const second = await secondInstance(test);
    const late = { ...depsAt(test, inMinutes(31)), db: second.deps.db, jobs: second.deps.jobs };
    await atAnotherTime(test, async () => {
      for (let round = 0; round < 4; round += 1) {
        await Promise.all([checkPayments(depsAt(test, inMinutes(31))), checkPayments(late)]);
      }
    });
    const rows = await sql`select distinct status from payments where tenant_id = ${crowd.tenantId}`;
    expect(rows.map(({ status }) => status)).toEqual(['expired']);
    expect(await stockOf(test, crowd)).toBe(120);
  });

  it('with the processor out of reach is tried again', async () => {
    const { id } = await begin(test, shop);
    await sweepIn(test, 29);
    await told(test);
    test.sandbox.control.failNext(500, 2);
    await checkPayments(depsAt(test, inMinutes(31)));
    expect((await read(id)).status).toBe('pending');
    await sweepIn(test, 33);
    expect((await read(id)).status).toBe('expired');
  });
});
