import { describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { CARDS } from '../support/payments.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openClubs } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { test, sql, person, ask, club, tierIn, clubWithTier, subscribe, begun, pay, paid, read, settle } = clubs;
const { membershipOf, paymentsOf, eventsOf, atProcessor, subscriptionsOf, advance } = clubs;

describe('a subscription', () => {
  it('waits for its first payment, which makes its person a member until the period ends', async () => {
    const { club: brand, tier } = await clubWithTier();
    const who = await person();
    const answer = await subscribe(who, tier);
    expect(answer.status, answer.text).toBe(201);
    const { subscriptionId: id, clientSecret, ...begunNow } = answer.body.data;
    const where = { publishableKey: test.deps.cards.publishableKey, stripeAccountId: null };
    expect(begunNow).toEqual({ paymentId: null, status: 'incomplete', ...where, membership: null });
    expect(clientSecret).toMatch(/^pi_\w+_secret_/);
    await settle();
    expect(await membershipOf(who, tier.tenantId)).toEqual({ member: false, membership: null });
    expect((await read({ who, id })).subscription).toMatchObject({ status: 'incomplete', tierId: tier.id });
    expect(await paymentsOf(who)).toEqual([]);
    expect(await eventsOf(brand.tenantId)).toEqual([]);

    expect((await pay({ clientSecret })).body.status).toBe('succeeded');
    await settle();
    const { subscription, membership } = await read({ who, id });
    const { current_period_start: start, current_period_end: end } =
      (await atProcessor({ id })).subscription.items.data[0] ?? {};
    const [currentPeriodStart, currentPeriodEnd] = [start, end].map((at) => new Date((at ?? 0) * 1000).toISOString());
    expect(subscription).toMatchObject({ status: 'active', currentPeriodStart, currentPeriodEnd, trialEnd: null });
    expect(membership).toMatchObject({ status: 'active', tier: { id: tier.id }, expiresAt: currentPeriodEnd });
    expect(membership).toMatchObject({ subscriptionId: id, cancelAtPeriodEnd: false });
    expect(await membershipOf(who, tier.tenantId)).toEqual({ member: true, membership });
    expect(await paymentsOf(who)).toMatchObject([
      { kind: 'subscription', status: 'succeeded', amount: 1000, subtotal: 1000, discount: 0, subscriptionId: id },
    ]);
    expect((await eventsOf(brand.tenantId)).toSorted()).toEqual(['membership.created', 'payment.succeeded']);
  });

  it('lifts a member of a free tier, who keeps points and membership', async () => {
    const { club: brand, tier } = await clubWithTier();
    const free = await tierIn(brand, { price: null, rank: 1 });
    const who = await person();
    const joined = await ask(who, 'POST', `tenants/${brand.tenantId}/membership/join`, { body: { tierId: free.id } });
    expect(joined.status, joined.text).toBe(201);
    const { id, startedAt } = joined.body.data;
    await sql`update memberships set points = 70 where id = ${id}`;
    const subscriber = await begun(tier, who);
    await pay(subscriber, CARDS.declined);
    await settle();
    const before = await membershipOf(who, brand.tenantId);
    expect(before.membership).toMatchObject({ tier: { id: free.id }, subscriptionId: null });
    await pay(subscriber);
    await settle();
    const { membership } = await membershipOf(who, brand.tenantId);
    expect(membership).toMatchObject({
      id,
      startedAt,
      points: 70,
      tier: { id: tier.id },
      subscriptionId: subscriber.id,
    });
    const types = (await eventsOf(brand.tenantId)).toSorted();
    expect(types).toEqual(['membership.created', 'membership.updated', 'payment.succeeded']);
  });

  it('stays incomplete after a declined card, and takes another', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await begun(tier);
    expect((await pay(subscriber, CARDS.declined)).status).toBe(402);
    await settle();
    expect(await read(subscriber)).toMatchObject({ subscription: { status: 'incomplete' }, membership: null });
    expect(await paymentsOf(subscriber.who)).toEqual([]);
    await pay(subscriber);
    await settle();
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
  });

  it('waits while the bank asks the holder', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await begun(tier);
    expect((await pay(subscriber, CARDS.authentication)).body.status).toBe('requires_action');
    await settle();
    expect((await read(subscriber)).subscription.status).toBe('incomplete');
    const clientSecret = subscriber.clientSecret ?? '';
    const body = { client_secret: clientSecret, outcome: 'succeed' };
    await test.sandbox.call(`authenticate/${clientSecret.split('_secret_')[0]}`, body);
    await settle();
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
  });

  it('expires when nobody pays, and another can be begun', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await begun(tier);
    await advance({ hours: 24 });
    await settle();
    const { subscription, membership } = await read(subscriber);
    expect(subscription).toMatchObject({ status: 'incomplete_expired', endedAt: expect.any(String) });
    expect(membership).toBeNull();
    const cancel = `stripe/subscriptions/${subscriber.id}/cancel`;
    expectRefusal(await ask(subscriber.who, 'POST', cancel, { body: {} }), 409, 'SUBSCRIPTION_ENDED');
    const again = await paid(tier, subscriber.who);
    expect(again.id).not.toBe(subscriber.id);
    expect((await read(again)).subscription.status).toBe('active');
  });

  it('is one for each person and brand', async () => {
    const { club: brand, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    for (const one of [tier, await tierIn(brand)]) {
      const answer = await subscribe(subscriber.who, one);
      expectRefusal(answer, 409, 'ALREADY_SUBSCRIBED');
      expect(answer.body.error.details).toEqual({ subscriptionId: subscriber.id });
    }
    const { tier: elsewhere } = await clubWithTier();
    await paid(elsewhere, subscriber.who);
    expect((await ask(subscriber.who, 'GET', 'memberships/user')).body.data).toHaveLength(2);
  });
});

describe('who comes back before they have paid', () => {
  it('goes on with the same one', async () => {
    const { tier } = await clubWithTier();
    const first = await begun(tier);
    const second = await begun(tier, first.who);
    expect(second).toEqual(first);
    expect(await subscriptionsOf(first.who)).toHaveLength(1);
  });

  it('may choose another tier, which ends the first', async () => {
    const { club: brand, tier } = await clubWithTier();
    const other = await tierIn(brand, { price: { amount: 2500, currency: 'EUR', interval: 'year' } });
    const first = await begun(tier);
    const second = await begun(other, first.who);
    expect(second.id).not.toBe(first.id);
    await settle();
    expect((await read(first)).subscription.status).toBe('canceled');
    expect((await subscriptionsOf(first.who)).map(({ status }) => status).toSorted()).toEqual([
      'canceled',
      'incomplete',
    ]);
    expect((await pay(first)).status).toBe(400);
    await pay(second);
    await settle();
    expect(await read(second)).toMatchObject({
      subscription: { status: 'active' },
      membership: { tier: { id: other.id } },
    });
    expect(await paymentsOf(first.who)).toMatchObject([{ amount: 2500 }]);
  });

  it('is told that they have it when they have paid, though nobody told us yet', async () => {
    const { club: brand, tier } = await clubWithTier();
    const other = await tierIn(brand);
    test.sandbox.control.pause();
    const subscriber = await begun(tier);
    await pay(subscriber);
    expectRefusal(await subscribe(subscriber.who, other), 409, 'ALREADY_SUBSCRIBED');
    expect((await read(subscriber)).membership).toMatchObject({ status: 'active', tier: { id: tier.id } });
    test.sandbox.control.resume();
    await settle();
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
    const types = (await eventsOf(brand.tenantId)).toSorted();
    expect(types).toEqual(['membership.created', 'payment.succeeded']);
  });
});

describe('a trial', () => {
  it('is a membership at once, with a card to be set up, and becomes a paid period', async () => {
    const { club: brand, tier } = await clubWithTier({ trialDays: 14 });
    const subscriber = await begun(tier);
    expect(subscriber.clientSecret).toMatch(/^seti_/);
    const { subscription, membership } = await read(subscriber);
    expect(subscription).toMatchObject({ status: 'trialing', trialEnd: subscription.currentPeriodEnd });
    expect(membership).toMatchObject({ status: 'trialing', expiresAt: subscription.trialEnd });
    await pay(subscriber);
    await settle();
    expect(await paymentsOf(subscriber.who)).toEqual([]);
    await clubs.toPeriodEnd(subscriber);
    const after = await read(subscriber);
    expect(after).toMatchObject({ subscription: { status: 'active' }, membership: { status: 'active' } });
    expect(after.membership.expiresAt).toBe(after.subscription.currentPeriodEnd);
    expect(after.subscription.currentPeriodStart).toBe(subscription.trialEnd);
    expect(await paymentsOf(subscriber.who)).toMatchObject([{ amount: 1000, kind: 'subscription' }]);
    const types = (await eventsOf(brand.tenantId)).toSorted();
    expect(types).toEqual(['membership.created', 'membership.updated', 'payment.succeeded']);
  });

  it('comes once for each person and brand, whatever became of it', async () => {
    const { club: brand, tier } = await clubWithTier({ trialDays: 14 });
    const other = await tierIn(brand, { trialDays: 30 });
    const first = await begun(tier);
    const ended = await ask(first.who, 'POST', `stripe/subscriptions/${first.id}/cancel`, {
      body: { atPeriodEnd: false },
    });
    expect(ended.body.data.subscription.status).toBe('canceled');
    const second = await begun(other, first.who);
    expect((await read(second)).subscription).toMatchObject({ status: 'incomplete', trialEnd: null });
    const { tier: elsewhere } = await clubWithTier({ trialDays: 7 });
    expect((await read(await begun(elsewhere, first.who))).subscription.status).toBe('trialing');
  });

  it('without a card ends in arrears, not in a paid period', async () => {
    const { tier } = await clubWithTier({ trialDays: 3 });
    const subscriber = await begun(tier);
    await clubs.toPeriodEnd(subscriber);
    expect((await read(subscriber)).subscription.status).toBe('past_due');
    expect(await paymentsOf(subscriber.who)).toEqual([]);
  });
});

describe('a tier that cannot be subscribed to', () => {
  it.each([
    ['is free', { price: null }, 'TIER_NOT_PAID'],
    ['comes by points', { price: null, pointsThreshold: 100 }, 'TIER_BY_POINTS'],
    ['is inactive', { active: false }, 'TIER_UNKNOWN'],
  ])('because it %s', async (_why, fields, code) => {
    const { tier } = await clubWithTier(fields);
    const who = await person();
    expectRefusal(await subscribe(who, tier), 409, code);
    expect(await subscriptionsOf(who)).toEqual([]);
  });

  it('because it is unknown, another brand’s, of no brand, or of a suspended one', async () => {
    const { club: brand, tier } = await clubWithTier();
    const { tenantId } = await club();
    const who = await person();
    expectRefusal(await subscribe(who, { id: newId(), tenantId }), 409, 'TIER_UNKNOWN');
    expectRefusal(await subscribe(who, { id: tier.id, tenantId }), 409, 'TIER_UNKNOWN');
    expectRefusal(await subscribe(who, { id: tier.id, tenantId: newId() }), 404, 'NOT_FOUND');
    await sql`update tenants set status = 'suspended' where id = ${brand.tenantId}`;
    expectRefusal(await subscribe(who, tier), 404, 'NOT_FOUND');
    expectRefusal(await subscribe(who, { id: 'x', tenantId }), 400, 'VALIDATION_ERROR');
    expect((await test.call('POST', 'stripe/subscribe', { body: { tenantId, tierId: tier.id } })).status).toBe(401);
  });

  it('because the processor does not charge so little', async () => {
    const { tier } = await clubWithTier({ price: { amount: 10, currency: 'EUR', interval: 'month' } });
    const who = await person();
    const answer = await subscribe(who, tier);
    expectRefusal(answer, 422, 'AMOUNT_TOO_SMALL');
    expect(answer.body.error.details).toEqual({ minimum: 50, currency: 'EUR' });
    expect(await subscriptionsOf(who)).toEqual([]);
  });

  it('with a coupon that the brand does not have', async () => {
    const { tier } = await clubWithTier();
    const answer = await subscribe(await person(), tier, { body: { couponCode: 'SUMMER' } });
    expectRefusal(answer, 409, 'COUPON_NOT_ELIGIBLE');
  });
});
