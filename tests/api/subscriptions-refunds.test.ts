import { describe, expect, it } from 'vitest';
import { checkRefunds } from '#src/payments/check-refunds.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openClubs } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { test, refund, sql, person, ask, tierIn, clubWithTier, pay, paid, read, settle, toPeriodEnd } = clubs;
const { advance, membershipOf, paymentsOf, eventsOf, atProcessor, inDays } = clubs;
const { control } = test.sandbox;

describe('a full refund of the period that runs', () => {
  it('ends membership and subscription at once, and the charges at the processor', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await toPeriodEnd(subscriber);
    const latest = (await paymentsOf(subscriber.who)).at(-1);
    await refund(club, latest);
    const { subscription, membership } = await read(subscriber);
    expect(subscription).toMatchObject({ status: 'canceled', endedAt: expect.any(String) });
    expect(membership).toMatchObject({ status: 'canceled', subscriptionId: null });
    expect(await membershipOf(subscriber.who, club.tenantId)).toMatchObject({ member: false });
    await test.runJobs();
    expect((await atProcessor(subscriber)).subscription.status).toBe('canceled');
    await settle();
    await advance({ days: 40 });
    await settle();
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
    const types = await eventsOf(club.tenantId);
    expect(types.filter((type) => type === 'membership.canceled')).toHaveLength(1);
    const again = await paid(tier, subscriber.who);
    expect(await read(again)).toMatchObject({ subscription: { status: 'active' }, membership: { status: 'active' } });
  });

  it('stays an end, whatever is told before the processor knows', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await refund(club, (await paymentsOf(subscriber.who)).at(-1));
    const { cardId } = await atProcessor(subscriber);
    await test.sandbox.stripe.subscriptions.update(cardId, { metadata: { note: 'seen' } });
    await settle();
    expect((await membershipOf(subscriber.who, club.tenantId)).member).toBe(false);
    control.failNext(500, 2);
    await test.runJobs();
    expect((await atProcessor(subscriber)).subscription.status).toBe('active');
    // It is tried again by the queue's own schedule, which lives on real time.
    await sql`update pgboss.job set start_after = now() where name = 'endSubscription' and state = 'retry'`;
    await test.runJobs();
    expect((await atProcessor(subscriber)).subscription.status).toBe('canceled');
    await settle();
  });

  it('in two parts is one too', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const [payment] = await paymentsOf(subscriber.who);
    await refund(club, payment, { amount: 400 });
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
    await refund(club, payment, { amount: 600 });
    expect(await read(subscriber)).toMatchObject({ subscription: { status: 'canceled' } });
    await test.runJobs();
    expect((await atProcessor(subscriber)).subscription.status).toBe('canceled');
  });

  it('made at the processor itself does the same', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const [row] = await sql`select intent_id from payments where subscription_id = ${subscriber.id}`;
    await test.sandbox.stripe.refunds.create({ payment_intent: String(row?.['intent_id']) });
    await settle();
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'canceled' },
      membership: { status: 'canceled' },
    });
    await test.runJobs();
    expect((await atProcessor(subscriber)).subscription.status).toBe('canceled');
  });

  it('is shown before it is made', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const [payment] = await paymentsOf(subscriber.who);
    const answer = await ask(club.owner, 'POST', `payments/refund/${payment.id}?dryRun=true`, { body: {} });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data.effects).toEqual([{ kind: 'period', targetId: subscriber.id, quantity: 1 }]);
    expect((await read(subscriber)).subscription.status).toBe('active');
  });
});

describe('another refund', () => {
  it('of an earlier period ends nothing', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await toPeriodEnd(subscriber);
    const [first] = await paymentsOf(subscriber.who);
    await refund(club, first);
    await test.runJobs();
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
    expect((await atProcessor(subscriber)).subscription.status).toBe('active');
    const before = await eventsOf(club.tenantId);
    expect(before.filter((type) => type === 'membership.canceled')).toEqual([]);
  });

  it('of an earlier period that was told after the later one ends nothing either', async () => {
    const { club, tier } = await clubWithTier();
    control.pause();
    const subscriber = await clubs.begun(tier);
    await pay(subscriber);
    await advance({ to: inDays(32) });
    control.resume('reverse');
    await settle();
    const payments = await paymentsOf(subscriber.who);
    expect(payments).toHaveLength(2);
    const rows = await sql`
      select payments.id, effects.taken_back_at is null as open from payments
      left join effects on effects.cause_id = payments.id
      where payments.subscription_id = ${subscriber.id} order by payments.succeeded_at`;
    expect(rows.map(({ open }) => open === true)).toContain(true);
    await refund(club, { id: String(rows[0]?.['id']) });
    expect((await read(subscriber)).subscription.status).toBe('active');
    await refund(club, { id: String(rows[1]?.['id']) });
    expect((await read(subscriber)).subscription.status).toBe('canceled');
    await test.runJobs();
  });

  it('in part ends nothing', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const [payment] = await paymentsOf(subscriber.who);
    await refund(club, payment, { amount: 999 });
    await test.runJobs();
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
    expect(await paymentsOf(subscriber.who)).toMatchObject([{ refundStatus: 'partial', refundedAmount: 999 }]);
  });

  it('of the charge for a better tier ends nothing', async () => {
    const { club, tier } = await clubWithTier();
    const better = await tierIn(club, { price: { amount: 3000, currency: 'EUR', interval: 'month' } });
    const subscriber = await paid(tier);
    const path = `stripe/subscriptions/${subscriber.id}/change`;
    expect((await ask(subscriber.who, 'POST', path, { body: { tierId: better.id } })).status).toBe(200);
    await settle();
    const payments = await paymentsOf(subscriber.who);
    expect(payments).toHaveLength(2);
    await refund(club, payments[1]);
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
  });

  it('is for the brand to make: a buyer asks for it, a stranger does not see the payment', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const [payment] = await paymentsOf(subscriber.who);
    const path = `payments/refund/${payment.id}`;
    expectRefusal(await ask(await person(), 'POST', path, { body: {} }), 404, 'NOT_FOUND');
    const asked = await ask(subscriber.who, 'POST', path, { body: {} });
    expect(asked.status, asked.text).toBe(202);
    expect((await read(subscriber)).subscription.status).toBe('active');
  });
});

describe('a period that is charged after the end', () => {
  it('because the processor had not heard of it is given back', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await refund(club, (await paymentsOf(subscriber.who)).at(-1));
    // The job that tells the processor has not run yet.
    await toPeriodEnd(subscriber);
    expect((await membershipOf(subscriber.who, club.tenantId)).member).toBe(false);
    expect(await paymentsOf(subscriber.who)).toMatchObject([{ refundStatus: 'full' }, { status: 'succeeded' }]);
    await test.runJobs();
    await advance({ hours: 1 });
    await checkRefunds(test.deps);
    await settle();
    expect(await paymentsOf(subscriber.who)).toMatchObject([{ refundStatus: 'full' }, { refundStatus: 'full' }]);
    expect((await atProcessor(subscriber)).subscription.status).toBe('canceled');
    await advance({ days: 40 });
    await settle();
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
  });
});
