import { beforeEach, describe, expect, it } from 'vitest';
import { expireMemberships } from '#src/memberships/expire-memberships.ts';
import { reconcileEvents } from '#src/stripe-events/reconcile-events.ts';
import { checkSubscriptions } from '#src/subscriptions/check-subscriptions.ts';
import { openClubs } from '../support/subscriptions.ts';

// Stripe cannot reach us in this file: nothing is ever told.
const clubs = await openClubs({ isConnected: false });
const { test, sql, stripe, ask, clubWithTier, subscribe, person, begun, pay, read, advance, decline, atProcessor } =
  clubs;
const { paymentsOf, eventsOf, membershipOf, inDays } = clubs;

/** As on every day of a running worker. */
beforeEach(async () => {
  await reconcileEvents(test.deps);
});

async function paidUnheard(tierFields: object = {}) {
  const { club, tier } = await clubWithTier(tierFields);
  const subscriber = await begun(tier);
  expect((await pay(subscriber)).status).toBe(200);
  return { club, tier, subscriber };
}

describe('without a single webhook', () => {
  it('the job finds the first payment within a minute', async () => {
    const { club, subscriber } = await paidUnheard();
    expect((await read(subscriber)).subscription.status).toBe('incomplete');
    await advance({ hours: 1 / 60 });
    expect(await checkSubscriptions(test.deps)).toBeGreaterThan(0);
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
    expect(await checkSubscriptions(test.deps)).toBe(0);
    await reconcileEvents(test.deps);
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
    expect((await eventsOf(club.tenantId)).toSorted()).toEqual(['membership.created', 'payment.succeeded']);
  });

  it('and the list of events does it as well', async () => {
    const { subscriber } = await paidUnheard();
    expect(await reconcileEvents(test.deps)).toBeGreaterThan(0);
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
    expect(await reconcileEvents(test.deps)).toBe(0);
  });

  it('a renewal is found by the job soon after the period, while the member stays one', async () => {
    const { club, subscriber } = await paidUnheard();
    await reconcileEvents(test.deps);
    const { currentPeriodEnd } = (await read(subscriber)).subscription;
    const end = new Date(currentPeriodEnd);
    await advance({ to: new Date(end.getTime() + 3_600_000) });
    await expireMemberships(test.deps);
    expect((await membershipOf(subscriber.who, club.tenantId)).member).toBe(true);
    await advance({ hours: 2 });
    await checkSubscriptions(test.deps);
    const { subscription, membership } = await read(subscriber);
    expect(subscription.currentPeriodStart).toBe(currentPeriodEnd);
    expect(membership).toMatchObject({ status: 'active', expiresAt: subscription.currentPeriodEnd });
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
    await reconcileEvents(test.deps);
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
  });

  it('every period that passed is paid here too, in its order', async () => {
    const { subscriber } = await paidUnheard();
    await reconcileEvents(test.deps);
    await advance({ days: 95 });
    await checkSubscriptions(test.deps);
    await reconcileEvents(test.deps);
    expect(await paymentsOf(subscriber.who)).toHaveLength(4);
    const stamps = await sql`
      select succeeded_at from payments where subscription_id = ${subscriber.id} order by succeeded_at`;
    const [first, second] = stamps.map(({ succeeded_at: at }) => at.getTime());
    expect(second - first).toBeGreaterThan(27 * 86_400_000);
  });

  it('arrears, their end and a recovery are found', async () => {
    const { club, subscriber } = await paidUnheard();
    await reconcileEvents(test.deps);
    await decline(subscriber, 2);
    const end = new Date((await read(subscriber)).subscription.currentPeriodEnd);
    await advance({ to: inDays(0.1, end) });
    await checkSubscriptions(test.deps);
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'past_due' },
      membership: { status: 'past_due', expiresAt: inDays(7, end).toISOString() },
    });
    await advance({ to: inDays(7.1, end) });
    await checkSubscriptions(test.deps);
    await reconcileEvents(test.deps);
    expect(await membershipOf(subscriber.who, club.tenantId)).toMatchObject({ member: true });
    expect((await read(subscriber)).subscription.status).toBe('active');
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
  });

  it('an end is found', async () => {
    const { club, subscriber } = await paidUnheard();
    await reconcileEvents(test.deps);
    await stripe.subscriptions.cancel((await atProcessor(subscriber)).cardId);
    await reconcileEvents(test.deps);
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'canceled' },
      membership: { status: 'canceled' },
    });
    const types = await eventsOf(club.tenantId);
    expect(types.filter((type) => type === 'membership.canceled')).toHaveLength(1);
  });

  it('one that nobody pays is forgotten', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await begun(tier);
    await advance({ hours: 24 });
    await checkSubscriptions(test.deps);
    expect((await read(subscriber)).subscription.status).toBe('incomplete_expired');
    expect((await subscribe(subscriber.who, tier)).status).toBe(201);
  });

  it('one that was never made, because its process died, is made once', async () => {
    const { tier } = await clubWithTier();
    const who = await person();
    const { id } = await begun(tier, who);
    // As if the process had died before it wrote down what the processor answered.
    await sql`update subscriptions set card_subscription_id = null, price_id = null where id = ${id}`;
    await advance({ hours: 1 / 60 });
    await checkSubscriptions(test.deps);
    expect(await clubs.subscriptionsOf(who)).toHaveLength(1);
    const again = await begun(tier, who);
    expect(again.id).toBe(id);
    await pay(again);
    await ask(who, 'POST', `stripe/subscriptions/${id}/resume`);
    expect((await read(again)).subscription.status).toBe('active');
  });
});

describe('many that are due', () => {
  it('are taken in turns, and one that fails holds up none', async () => {
    const { tier } = await clubWithTier();
    const bad = await begun(tier);
    await sql`update subscriptions set card_subscription_id = 'sub_gone' where id = ${bad.id}`;
    const { subscriber } = await paidUnheard();
    await advance({ hours: 1 / 60 });
    await checkSubscriptions(test.deps);
    expect((await read(subscriber)).subscription.status).toBe('active');
    const [row] = await sql`select check_at from subscriptions where id = ${bad.id}`;
    expect(row?.['check_at'].getTime()).toBeGreaterThan(test.deps.clock.now().getTime());
  });
});
