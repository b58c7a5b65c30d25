import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withTx } from '#src/context.ts';
import { checkPayments } from '#src/payments/check-payments.ts';
import { openPayment } from '#src/payments/steps/open-payment.ts';
import { isReplay, newKey } from '../support/idempotent.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import {
  begin,
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
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const { stripe, control } = test.sandbox;

beforeAll(() => connectWebhooks(test));

afterAll(async () => {
  await told(test);
  await checkInvariants(sql);
  await checkProcessor(sql, stripe);
});

const paymentsOf = ({ tenantId }: Shop) =>
  sql`select id, status, intent_id from payments where tenant_id = ${tenantId} order by id`;

/** What the processor has made for the payments of the brand, found by what we told it. */
async function intentsOf({ tenantId }: Shop) {
  const all = await stripe.paymentIntents.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
  return all.filter(({ metadata }) => metadata['tenantId'] === tenantId);
}

/** A shop whose buyer is a customer of the processor already: the next call there makes the intent. */
async function knownBuyer(): Promise<Shop> {
  const shop = await openShop(test);
  const other = await shop.sell();
  const { id } = await begin(test, shop, { productId: other.id });
  await test.call('POST', `payments/${id}/cancel`, { token: shop.buyer.token });
  await told(test);
  await sql`delete from payments where tenant_id = ${shop.tenantId}`;
  await sql`delete from effects where tenant_id = ${shop.tenantId}`;
  await sql`delete from events where object_id = ${id}`;
  return shop;
}

describe('one key (G4)', () => {
  it('100 times at once on two instances makes one payment with one intent, and every answer says so', async () => {
    const shop = await openShop(test, { stock: 100 });
    const second = await secondInstance(test);
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => order(index % 2 ? test : second, shop, { key })),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made.filter((answer) => !isReplay(answer))).toHaveLength(1);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, 409, 'IDEMPOTENCY_IN_PROGRESS');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(await paymentsOf(shop)).toHaveLength(1);
    expect(await intentsOf(shop)).toHaveLength(1);
    expect(await stockOf(test, shop)).toBe(99);
    for (const instance of [test, second, test]) {
      const again = await order(instance, shop, { key });
      expect([again.status, again.text, isReplay(again)]).toEqual([201, made[0]?.text, true]);
    }
    // Nor does a charge come twice.
    const clientSecret: string = made[0]?.body.data.card.clientSecret;
    await Promise.all(Array.from({ length: 10 }, () => confirm(test, clientSecret)));
    await told(test);
    expect(await ownedBy(test, shop)).toBe(1);
    const charges = await stripe.charges.list({ payment_intent: clientSecret.split('_secret_')[0] });
    expect(charges.data.filter(({ paid }) => paid)).toHaveLength(1);
  });

  it('of another body is refused, of another person or brand is another payment', async () => {
    const [shop, elsewhere] = [await openShop(test), await openShop(test)];
    const key = newKey();
    const first = await order(test, shop, { key });
    expectRefusal(await order(test, shop, { key, quantity: 2 }), 422, 'IDEMPOTENCY_KEY_REUSED');
    expectRefusal(await order(test, elsewhere, { key, token: shop.buyer.token }), 422, 'IDEMPOTENCY_KEY_REUSED');
    const { token } = await quickPerson(test);
    const others = [await order(test, shop, { key, token }), await order(test, elsewhere, { key })];
    const ids = [first, ...others].map(({ body }) => body.data.payment.id);
    expect(new Set(ids).size).toBe(3);
    expect(others.some(isReplay)).toBe(false);
  });

  it('without a key two requests are two payments', async () => {
    const shop = await openShop(test);
    await Promise.all([begin(test, shop), begin(test, shop)]);
    expect(await paymentsOf(shop)).toHaveLength(2);
    expect(await intentsOf(shop)).toHaveLength(2);
  });

  it('is kept with a refusal too: what is sold again needs a new key', async () => {
    const shop = await openShop(test, { stock: 0 });
    const key = newKey();
    expectRefusal(await order(test, shop, { key }), 409, 'OUT_OF_STOCK');
    await sql`update products set stock = 5 where tenant_id = ${shop.tenantId}`;
    const again = await order(test, shop, { key });
    expect([again.status, isReplay(again)]).toEqual([409, true]);
    expect((await order(test, shop, { key: newKey() })).status).toBe(201);
  });
});

describe('with the processor out of reach', () => {
  it.each([
    ['says 500', 500 as const, 2],
    // The SDK does not try these again by itself.
    ['says 429', 429 as const, 1],
    ['hangs up after it has done it', 'drop' as const, 2],
  ])('that %s, the answer is 503, and a retry under the key makes one payment', async (_, fault, times) => {
    const shop = await knownBuyer();
    const key = newKey();
    control.failNext(fault, times);
    const failed = await order(test, shop, { key });
    expectRefusal(failed, 503, 'SERVICE_UNAVAILABLE');
    expect(Number(failed.headers['retry-after'])).toBeGreaterThan(0);
    const [row, ...more] = await paymentsOf(shop);
    expect(more).toEqual([]);
    expect(row).toMatchObject({ status: 'pending', intent_id: null });
    expect(await intentsOf(shop)).toHaveLength(fault === 'drop' ? 2 : 1);
    const again = await order(test, shop, { key });
    expect([again.status, isReplay(again)]).toEqual([201, false]);
    expect(again.body.data.payment.id).toBe(row?.['id']);
    expect(await paymentsOf(shop)).toMatchObject([
      { id: row?.['id'], intent_id: again.body.data.card.paymentIntentId },
    ]);
    // One, beside that of the payment before.
    expect(await intentsOf(shop)).toHaveLength(2);
    await confirm(test, again.body.data.card.clientSecret);
    await told(test);
    expect((await readPayment(test, shop, again.body.data.payment.id)).status).toBe('succeeded');
  });

  it('a single failure goes unnoticed', async () => {
    const shop = await knownBuyer();
    control.failNext('drop');
    await begin(test, shop);
    expect(await paymentsOf(shop)).toHaveLength(1);
    expect(await intentsOf(shop)).toHaveLength(2);
  });

  it('and no retry, the job makes the intent, and what nobody pays expires', async () => {
    const shop = await knownBuyer();
    control.failNext(500, 2);
    expectRefusal(await order(test, shop), 503);
    await checkPayments(depsAt(test, inMinutes(1)));
    const [row] = await paymentsOf(shop);
    expect(row).toMatchObject({ status: 'pending', intent_id: expect.any(String) });
    expect((await intentsOf(shop)).map(({ id }) => id)).toContain(row?.['intent_id']);
    await told(test);
    await sweepIn(test, 32);
    expect(await paymentsOf(shop)).toMatchObject([{ status: 'expired' }]);
  });

  it('the job itself fails without harm, and goes on later', async () => {
    const shop = await knownBuyer();
    control.failNext(500, 2);
    expectRefusal(await order(test, shop), 503);
    control.failNext('drop', 2);
    await checkPayments(depsAt(test, inMinutes(1)));
    expect(await paymentsOf(shop)).toMatchObject([{ status: 'pending', intent_id: null }]);
    await checkPayments(depsAt(test, inMinutes(3)));
    expect(await paymentsOf(shop)).toMatchObject([{ status: 'pending', intent_id: expect.any(String) }]);
    expect(await intentsOf(shop)).toHaveLength(2);
  });
});

describe('a process that dies', () => {
  const openOnly = (shop: Shop) =>
    withTx(test.deps, (tx) =>
      openPayment(tx, {
        tenantId: shop.tenantId,
        userId: shop.buyer.userId,
        method: 'card',
        items: [{ productId: shop.productId, quantity: 1 }],
        onceKey: null,
        baseUrl: '',
        now: new Date(),
      }),
    );

  it('between the row and the intent leaves a payment that the job completes, once', async () => {
    const shop = await openShop(test);
    const { id } = await openOnly(shop);
    const second = await secondInstance(test);
    const late = depsAt(test, inMinutes(1));
    await Promise.all([checkPayments(late), checkPayments({ ...late, db: second.deps.db }), checkPayments(late)]);
    const [intent, ...more] = await intentsOf(shop);
    expect(more).toEqual([]);
    expect(await paymentsOf(shop)).toMatchObject([{ id, intent_id: intent?.id, status: 'pending' }]);
  });

  it('between the intent and its keeping loses nothing: the webhook alone completes it', async () => {
    const shop = await knownBuyer();
    control.failNext('drop', 2);
    expectRefusal(await order(test, shop), 503);
    const [row] = await paymentsOf(shop);
    const intent = (await intentsOf(shop)).find(({ metadata }) => metadata['paymentId'] === row?.['id']);
    await confirm(test, intent?.client_secret ?? '');
    await told(test);
    expect(await paymentsOf(shop)).toMatchObject([{ id: row?.['id'], status: 'succeeded', intent_id: intent?.id }]);
    expect(await ownedBy(test, shop)).toBe(1);
  });

  it('in the middle of a request is outlived by its key: another process goes on with the same payment', async () => {
    const shop = await knownBuyer();
    const { promise: hanging, reject: die } = Promise.withResolvers<never>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const dying = await secondInstance(test, {
      createIntent: () => {
        reach();
        return hanging;
      },
    });
    const key = newKey();
    const first = order(dying, shop, { key });
    await reached;
    expectRefusal(await order(test, shop, { key }), 409, 'IDEMPOTENCY_IN_PROGRESS');
    expectRefusal(await order(test, shop, { key, clock: inMinutes(0.6) }), 409, 'IDEMPOTENCY_IN_PROGRESS');
    const next = await order(test, shop, { key, clock: inMinutes(0.7) });
    expect(next.status, next.text).toBe(201);
    const [row, ...more] = await paymentsOf(shop);
    expect(more).toEqual([]);
    expect(row).toMatchObject({ id: next.body.data.payment.id, intent_id: next.body.data.card.paymentIntentId });
    // The one that was thought dead comes to its end: what the other answered stays.
    die(new Error('died'));
    expect((await first).status).toBe(500);
    const again = await order(test, shop, { key });
    expect([again.text, isReplay(again)]).toEqual([next.text, true]);
    expect(await paymentsOf(shop)).toHaveLength(1);
  });

  it('slower than the payment lives leaves no intent that can be paid', async () => {
    const shop = await knownBuyer();
    const slow = await secondInstance(test, {
      createIntent: async (input) => {
        await sweepIn(test, 31);
        return test.deps.cards.createIntent(input);
      },
    });
    const answer = await order(slow, shop);
    expect(answer.body.data.payment.status).toBe('expired');
    const [row] = await paymentsOf(shop);
    const intent = (await intentsOf(shop)).find(({ metadata }) => metadata['paymentId'] === row?.['id']);
    expect(intent?.status).toBe('canceled');
  });
});
