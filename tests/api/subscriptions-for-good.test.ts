import { describe, expect, it } from 'vitest';
import { expireMemberships } from '#src/memberships/expire-memberships.ts';
import { checkSubscriptions } from '#src/subscriptions/check-subscriptions.ts';
import { CARDS } from '../support/payments.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openClubs, type Tier, type Who } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { test, refund, person, ask, tierIn, clubWithTier, subscribe, pay, paid, read, settle, toPeriodEnd } = clubs;
const { advance, decline, membershipOf, paymentsOf, eventsOf } = clubs;

const ONCE = { price: { amount: 5000, currency: 'EUR', interval: 'one_time' } };

async function bought(tier: Tier, who?: Who) {
  const by = who ?? (await person());
  const answer = await subscribe(by, tier);
  expect(answer.status, answer.text).toBe(201);
  await pay(answer.body.data);
  await settle();
  return { who: by, ...answer.body.data, payment: (await paymentsOf(by)).at(-1) };
}

describe('a tier that is paid once', () => {
  it('is a payment, whose success gives the membership for good', async () => {
    const { club, tier } = await clubWithTier(ONCE);
    const who = await person();
    const answer = await subscribe(who, tier);
    expect(answer.status, answer.text).toBe(201);
    const { subscriptionId, paymentId, status, clientSecret, membership } = answer.body.data;
    expect({ subscriptionId, status, membership }).toEqual({
      subscriptionId: null,
      status: 'pending',
      membership: null,
    });
    expect((await pay({ clientSecret }, CARDS.declined)).status).toBe(402);
    await settle();
    expect((await membershipOf(who, club.tenantId)).member).toBe(false);
    await pay({ clientSecret });
    await settle();
    const state = await membershipOf(who, club.tenantId);
    expect(state).toMatchObject({
      member: true,
      membership: { status: 'active', expiresAt: null, subscriptionId: null },
    });
    expect(state.membership.tier.id).toBe(tier.id);
    expect(await paymentsOf(who)).toMatchObject([
      { id: paymentId, kind: 'membership', amount: 5000, status: 'succeeded', items: [{ tierId: tier.id }] },
    ]);
    expect((await atProcessorOf(who)).length).toBe(0);
    await advance({ days: 800 });
    await settle();
    expect((await membershipOf(who, club.tenantId)).member).toBe(true);
    expect(await paymentsOf(who)).toHaveLength(1);
  });

  const atProcessorOf = (who: Who) => clubs.subscriptionsOf(who);

  it('is bought once for one Idempotency-Key', async () => {
    const { tier } = await clubWithTier(ONCE);
    const who = await person();
    const [first, second] = [await subscribe(who, tier, { key: 'o1' }), await subscribe(who, tier, { key: 'o1' })];
    expect(second.body).toEqual(first.body);
    expect(await paymentsOf(who)).toHaveLength(1);
  });

  it('is taken back when all of it is refunded, and not for a part of it', async () => {
    const { club, tier } = await clubWithTier(ONCE);
    const { who, payment } = await bought(tier);
    await refund(club, payment, { amount: 2000 });
    expect((await membershipOf(who, club.tenantId)).member).toBe(true);
    await refund(club, payment, { amount: 3000 });
    expect(await membershipOf(who, club.tenantId)).toMatchObject({ member: false, membership: { status: 'canceled' } });
    const types = await eventsOf(club.tenantId);
    expect(types.filter((type) => type === 'membership.canceled')).toHaveLength(1);
    const { payment: again } = await bought(tier, who);
    expect(again.id).not.toBe(payment.id);
    expect((await membershipOf(who, club.tenantId)).member).toBe(true);
  });

  it('that is refunded takes nothing from a membership that came after it', async () => {
    const { club, tier } = await clubWithTier(ONCE);
    const monthly = await tierIn(club);
    const { who, payment } = await bought(tier);
    const subscriber = await paid(monthly, who);
    await settle();
    await refund(club, payment);
    expect(await membershipOf(who, club.tenantId)).toMatchObject({
      member: true,
      membership: { tier: { id: monthly.id }, subscriptionId: subscriber.id },
    });
  });
});

describe('a tier for good and a subscription', () => {
  it('do not go together: the subscription is ended first', async () => {
    const { club, tier } = await clubWithTier();
    const forever = await tierIn(club, { ...ONCE, rank: 90 });
    const subscriber = await paid(tier);
    const refused = await subscribe(subscriber.who, forever);
    expectRefusal(refused, 409, 'ALREADY_SUBSCRIBED');
    expect(refused.body.error.details).toEqual({ subscriptionId: subscriber.id });
    await ask(subscriber.who, 'POST', `stripe/subscriptions/${subscriber.id}/cancel`, { body: { atPeriodEnd: false } });
    await bought(forever, subscriber.who);
    const { membership } = await membershipOf(subscriber.who, club.tenantId);
    expect(membership).toMatchObject({ status: 'active', tier: { id: forever.id }, expiresAt: null });
  });

  it('of which the subscription ends leave what was bought for good', async () => {
    const { club, tier } = await clubWithTier();
    const forever = await tierIn(club, { ...ONCE, rank: 5 });
    const { who, payment } = await bought(forever);
    const subscriber = await paid(tier, who);
    const tierNow = async () => {
      const { member, membership } = await membershipOf(who, club.tenantId);
      return member ? membership.tier.id : null;
    };
    expect(await tierNow()).toBe(tier.id);
    await toPeriodEnd(subscriber);
    expect(await tierNow()).toBe(tier.id);
    await ask(who, 'POST', `stripe/subscriptions/${subscriber.id}/cancel`, { body: { atPeriodEnd: false } });
    await settle();
    const { membership } = await membershipOf(who, club.tenantId);
    expect(membership).toMatchObject({ status: 'active', expiresAt: null, subscriptionId: null });
    expect(await tierNow()).toBe(forever.id);
    expect((await read(subscriber)).subscription.status).toBe('canceled');
    await refund(club, payment);
    expect(await tierNow()).toBeNull();
  });

  it('of which the subscription falls into arrears leave it after the grace, and the subscription comes back', async () => {
    const { club, tier } = await clubWithTier({}, { graceDays: 1 });
    const forever = await tierIn(club, { ...ONCE, rank: 5 });
    const { who } = await bought(forever);
    const subscriber = await paid(tier, who);
    await decline(subscriber, 1);
    await toPeriodEnd(subscriber);
    await advance({ days: 1.5 });
    await settle();
    await expireMemberships(test.deps);
    await checkSubscriptions(test.deps);
    expect(await membershipOf(who, club.tenantId)).toMatchObject({
      member: true,
      membership: { tier: { id: forever.id }, subscriptionId: null },
    });
    await advance({ days: 1 });
    await settle();
    expect((await read(subscriber)).subscription.status).toBe('active');
    expect(await membershipOf(who, club.tenantId)).toMatchObject({
      member: true,
      membership: { tier: { id: tier.id }, subscriptionId: subscriber.id },
    });
  });

  it('of which the period is refunded leave it, too', async () => {
    const { club, tier } = await clubWithTier();
    const forever = await tierIn(club, { ...ONCE, rank: 5 });
    const { who } = await bought(forever);
    await paid(tier, who);
    await refund(club, (await paymentsOf(who)).at(-1));
    expect(await membershipOf(who, club.tenantId)).toMatchObject({
      member: true,
      membership: { tier: { id: forever.id }, expiresAt: null },
    });
    await test.runJobs();
  });
});
