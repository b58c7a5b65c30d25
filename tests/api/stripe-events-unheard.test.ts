import { afterAll, describe, expect, it } from 'vitest';
import type { CardEvent } from '#src/clients/card-payments.ts';
import { checkRefunds } from '#src/payments/check-refunds.ts';
import { reconcileEvents } from '#src/stripe-events/reconcile-events.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import {
  authenticate,
  begin,
  CARDS,
  confirm,
  depsAt,
  eventOf,
  inMinutes,
  openShop,
  ownedBy,
  readPayment,
  refund,
  type Shop,
  secondInstance,
  stockOf,
  sweepIn,
  tell,
} from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

/** Nobody ever tells this application anything: its webhook's address is not known to the processor. */
const test = await startTestApp();
const { sql } = openRows(test.url);
const { stripe, control } = test.sandbox;

afterAll(async () => {
  await reconcileEvents(test.deps);
  await checkInvariants(sql);
  await checkProcessor(sql, stripe);
});

const reconcile = () => reconcileEvents(test.deps);
const statusOf = async (shop: Shop, id: string) => (await readPayment(test, shop, id)).status;
const refundsOf = (id: string) =>
  sql`select status, amount::int from refunds where payment_id = ${id} order by created_at`;

/** A payment in each state that it can have at the processor. */
async function oneOfEach(shop: Shop) {
  const paid = await begin(test, shop);
  await confirm(test, paid.clientSecret);
  const declined = await begin(test, shop);
  await confirm(test, declined.clientSecret, CARDS.declined);
  const waiting = await begin(test, shop);
  await confirm(test, waiting.clientSecret, CARDS.authentication);
  const agreed = await begin(test, shop);
  await confirm(test, agreed.clientSecret, CARDS.authentication);
  await authenticate(test, agreed.clientSecret);
  const debited = await begin(test, shop);
  await confirm(test, debited.clientSecret, CARDS.bank);
  const untouched = await begin(test, shop);
  const canceled = await begin(test, shop);
  await stripe.paymentIntents.cancel(canceled.card.paymentIntentId);
  const all = { paid, declined, waiting, agreed, debited, untouched, canceled };
  return async () => {
    const entries = Object.entries(all).map(async ([name, { id }]) => [name, await statusOf(shop, id)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
}

const AS_AT_THE_PROCESSOR = {
  paid: 'succeeded',
  declined: 'failed',
  waiting: 'requires_action',
  agreed: 'succeeded',
  debited: 'processing',
  untouched: 'pending',
  canceled: 'canceled',
};

describe('with the endpoint out of reach the sweeper alone', () => {
  it('brings every payment to where it is at the processor, and in the end to its end', async () => {
    const shop = await openShop(test, { stock: 10 });
    const statuses = await oneOfEach(shop);
    expect(new Set(Object.values(await statuses()))).toEqual(new Set(['pending']));
    await sweepIn(test, 1);
    expect(await statuses()).toEqual(AS_AT_THE_PROCESSOR);
    expect(await ownedBy(test, shop)).toBe(2);
    control.advance(200);
    await sweepIn(test, 31);
    await sweepIn(test, 62);
    const ended = { declined: 'failed', waiting: 'expired', debited: 'succeeded', untouched: 'expired' };
    expect(await statuses()).toEqual({ ...AS_AT_THE_PROCESSOR, ...ended });
    expect([await ownedBy(test, shop), await stockOf(test, shop)]).toEqual([3, 7]);
  });

  it('brings refunds to their end', async () => {
    const shop = await openShop(test);
    const made = await Promise.all(
      [CARDS.visa, CARDS.refundPending, CARDS.refundFails].map(async (card) => {
        const { id, clientSecret } = await begin(test, shop);
        await confirm(test, clientSecret, card);
        return id;
      }),
    );
    await sweepIn(test, 1);
    for (const id of made) {
      const answer = await refund(test, id, { token: shop.owner.token, amount: 700 });
      expect(answer.status, answer.text).toBe(201);
    }
    const states = async () => (await Promise.all(made.map(refundsOf))).map(([row]) => row?.['status']);
    expect(await states()).toEqual(['succeeded', 'pending', 'succeeded']);
    control.advance(10);
    await sweepIn(test, 2);
    // One that has succeeded is looked at no more: that the bank sent it back is told, or found by comparing.
    expect(await states()).toEqual(['succeeded', 'succeeded', 'succeeded']);
    await reconcile();
    expect(await states()).toEqual(['succeeded', 'succeeded', 'failed']);
    expect((await readPayment(test, shop, made[2] ?? '')).refundStatus).toBe('none');
  });
});

describe('with the endpoint out of reach comparing with the processor alone', () => {
  it('brings every payment to where it is, once', async () => {
    const shop = await openShop(test);
    const statuses = await oneOfEach(shop);
    expect(await reconcile()).toBeGreaterThan(7);
    expect(await statuses()).toEqual(AS_AT_THE_PROCESSOR);
    expect(await reconcile()).toBe(0);
    control.advance(200);
    expect(await reconcile()).toBeGreaterThan(0);
    expect((await statuses())['debited']).toBe('succeeded');
    expect(await ownedBy(test, shop)).toBe(3);
    const [row] = await sql`
      select count(*)::int as count from events where tenant_id = ${shop.tenantId} and type = 'payment.succeeded'`;
    expect(row?.['count']).toBe(3);
  });

  it('finds refunds and disputes that were made at the processor', async () => {
    const shop = await openShop(test, { stock: 10 });
    const [partly, wholly, contested] = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const made = await begin(test, shop);
        await confirm(test, made.clientSecret);
        return made;
      }),
    );
    await reconcile();
    const intentOf = (one: typeof partly) => one?.card.paymentIntentId as string;
    await stripe.refunds.create({ payment_intent: intentOf(partly), amount: 400 });
    await stripe.refunds.create({ payment_intent: intentOf(wholly) });
    const dispute = control.dispute({ charge: intentOf(contested) });
    control.closeDispute({ id: dispute.id, isWon: false });
    await reconcile();
    const read = async (one: typeof partly) => readPayment(test, shop, one?.id ?? '');
    expect(await read(partly)).toMatchObject({ refundStatus: 'partial', refundedAmount: 400 });
    expect(await read(wholly)).toMatchObject({ refundStatus: 'full', refundedAmount: 1500 });
    expect(await read(contested)).toMatchObject({ status: 'succeeded', refundStatus: 'none' });
    expect([await ownedBy(test, shop), await stockOf(test, shop)]).toEqual([1, 9]);
    const disputes = await test.call('GET', `payments/tenant/${shop.tenantId}/disputes`, { token: shop.owner.token });
    expect(disputes.body.data).toMatchObject([{ paymentId: contested?.id, status: 'lost', amount: 1500 }]);
  });

  it('goes for the events of the brands’ own accounts, too', async () => {
    const { id: account } = await stripe.accounts.create();
    const shop = await openShop(test);
    await sql`update tenants set stripe_account_id = ${account} where id = ${shop.tenantId}`;
    const { id, card } = await begin(test, shop);
    const how = { payment_method: 'pm_card_visa', return_url: 'http://shop.example/' };
    await stripe.paymentIntents.confirm(card.paymentIntentId, how, { stripeAccount: account });
    await reconcile();
    expect(await statusOf(shop, id)).toBe('succeeded');
    await checkProcessor(sql, stripe, account);
  });

  it('on two instances at once, while the endpoint is told as well, has one effect', async () => {
    const shop = await openShop(test);
    const second = await secondInstance(test);
    const { id, clientSecret, card } = await begin(test, shop);
    await confirm(test, clientSecret);
    const { data } = await stripe.events.list({ type: 'payment_intent.succeeded' });
    const event = data.find((one) => (one.data.object as { id: string }).id === card.paymentIntentId);
    const all = [
      reconcile(),
      reconcileEvents(second.deps),
      tell(test, event ?? {}),
      tell(second, event ?? {}),
      reconcile(),
    ];
    await Promise.all(all);
    expect(await statusOf(shop, id)).toBe('succeeded');
    expect(await ownedBy(test, shop)).toBe(1);
  });

  it('fails without harm while the processor is out of reach', async () => {
    const shop = await openShop(test);
    const { id, clientSecret } = await begin(test, shop);
    await confirm(test, clientSecret);
    control.failNext(500, 2);
    await reconcile();
    expect(await statusOf(shop, id)).toBe('pending');
    expect(test.logs()).toContain('the events of an account could not be read');
    await reconcile();
    expect(await statusOf(shop, id)).toBe('succeeded');
  });

  it('leaves what is of live mode', async () => {
    const event = { id: 'evt_live', livemode: true, createdAt: new Date(), object: { kind: 'other' } };
    const deps = { ...test.deps, cards: { ...test.deps.cards, listEvents: async () => [event as never] } };
    expect(await reconcileEvents(deps)).toBe(0);
    expect(await sql`select 1 from stripe_events where event_id = 'evt_live'`).toHaveLength(0);
  });

  it('runs as a job', async () => {
    const shop = await openShop(test);
    const { id, clientSecret } = await begin(test, shop);
    await confirm(test, clientSecret);
    await test.deps.jobs.enqueue(test.deps.db, 'reconcile', {});
    await test.runJobs();
    expect(await statusOf(shop, id)).toBe('succeeded');
  });
});

describe('more events than are fetched at once', () => {
  const PAGE = 1000;

  /** A processor with so many events, evenly over so many seconds until now, and then one more. */
  function crowded({ count, seconds }: { count: number; seconds: number }) {
    const start = Math.floor(Date.now() / 1000) - seconds - 5;
    const all = Array.from({ length: count + 1 }, (_, index): CardEvent => {
      const after = index === count ? seconds + 5 : Math.floor((index * seconds) / count);
      const event = eventOf('customer.created', { id: `cus_${index}`, object: 'customer' });
      const createdAt = new Date((start + after) * 1000);
      return { ...test.deps.cards.eventOf(event, null), id: `evt_${count}_${index}`, createdAt };
    });
    const listEvents = async ({ since, account }: { since: Date; account: string | null }) =>
      account === null ? all.filter(({ createdAt }) => createdAt >= since).slice(0, PAGE) : [];
    return { deps: { ...test.deps, cards: { ...test.deps.cards, listEvents } }, last: all.at(-1)?.createdAt };
  }
  const known = async (count: number) =>
    (await sql`select count(*)::int as count from stripe_events where event_id like ${`evt\\_${count}\\_%`}`)[0]?.[
      'count'
    ];

  it.each([
    { count: 1200, seconds: 300, found: 1201 },
    { count: 1100, seconds: 7200, found: 1101 },
    // Stripe cannot be asked for less than a second: of more than a page in one the rest is not seen, but what follows is.
    { count: 1050, seconds: 0, found: PAGE + 1 },
  ])('are all found at once, and not looked for again: $count in $seconds s', async ({ count, seconds, found }) => {
    await sql`delete from stripe_readings`;
    const { deps, last } = crowded({ count, seconds });
    expect(await reconcileEvents(deps)).toBe(found);
    expect(await reconcileEvents(deps)).toBe(0);
    expect(await known(count)).toBe(found);
    const [row] = await sql`select read_until from stripe_readings where account = ''`;
    expect(row?.['read_until']).toEqual(last);
    await sql`delete from stripe_readings`;
  });
});

describe('a refund that the process did not live to make', () => {
  it('is made by the job, once', async () => {
    const shop = await openShop(test);
    const { id, clientSecret, card } = await begin(test, shop);
    await confirm(test, clientSecret);
    await sweepIn(test, 1);
    control.failNext(500, 2);
    expect((await refund(test, id, { token: shop.owner.token })).body.data.refund.status).toBe('pending');
    const late = depsAt(test, inMinutes(2));
    await Promise.all([checkRefunds(late), checkRefunds(late)]);
    expect(await refundsOf(id)).toEqual([{ status: 'succeeded', amount: 1500 }]);
    expect((await stripe.refunds.list({ payment_intent: card.paymentIntentId })).data).toHaveLength(1);
  });
});
