import { describe, expect, it } from 'vitest';
import { expireMemberships } from '#src/memberships/expire-memberships.ts';
import { checkSubscriptions } from '#src/subscriptions/check-subscriptions.ts';
import { openClubs, type Subscriber } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { test, sql, stripe, ask, clubWithTier, changeTierOf, subscribe, paid, read, settle, advance } = clubs;
const { membershipOf, paymentsOf, eventsOf, atProcessor, toPeriodEnd, decline, inDays } = clubs;
const { control } = test.sandbox;

const clockAt = (at: Date) => ({ 'x-test-clock': at.toISOString() });

/** The membership as it is shown at another instant. */
async function statusAt({ who, tier }: Subscriber, at: Date) {
  // A token of that instant: one of now would have run out.
  const token = test.app.signAccessToken({ ...who, issuedAt: at });
  const headers = clockAt(at);
  const answer = await test.call('GET', `tenants/${tier.tenantId}/membership/status`, { token, headers });
  expect(answer.status, answer.text).toBe(200);
  return { member: answer.body.data.member, status: answer.body.data.membership.status };
}

async function openInvoice(subscriber: Subscriber) {
  const { subscription, options } = await atProcessor(subscriber);
  return { id: String(subscription.latest_invoice), options, cardId: subscription.id, customer: subscription.customer };
}

describe('a renewal', () => {
  it('of a year comes after a year', async () => {
    const { tier } = await clubWithTier({ price: { amount: 9900, currency: 'EUR', interval: 'year' } });
    const subscriber = await paid(tier);
    const { subscription } = await read(subscriber);
    const days = (Date.parse(subscription.currentPeriodEnd) - Date.parse(subscription.currentPeriodStart)) / 86_400_000;
    expect([365, 366]).toContain(days);
    await toPeriodEnd(subscriber);
    expect(await paymentsOf(subscriber.who)).toMatchObject([{ amount: 9900 }, { amount: 9900 }]);
  });

  it('is a payment of its own, and moves the end of the membership', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    let before = (await read(subscriber)).subscription;
    for (const count of [2, 3]) {
      await toPeriodEnd(subscriber);
      const { subscription, membership } = await read(subscriber);
      expect(subscription).toMatchObject({ status: 'active', currentPeriodStart: before.currentPeriodEnd });
      expect(membership).toMatchObject({ status: 'active', expiresAt: subscription.currentPeriodEnd });
      expect(subscription.currentPeriodEnd > before.currentPeriodEnd).toBe(true);
      const payments = await paymentsOf(subscriber.who);
      expect(payments).toHaveLength(count);
      expect(payments.at(-1)).toMatchObject({ amount: 1000, subscriptionId: subscriber.id, kind: 'subscription' });
      before = subscription;
    }
    const types = await eventsOf(club.tenantId);
    expect(types.filter((type) => type === 'payment.succeeded')).toHaveLength(3);
    expect(types.filter((type) => type === 'membership.created')).toHaveLength(1);
    expect(types.filter((type) => type === 'membership.updated')).toHaveLength(2);
    expect(types).toHaveLength(6);
  });

  it.each(['duplicate', 'reverse'] as const)('is one payment though it is told in %s', async (fault) => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    control.pause();
    const { subscription } = await atProcessor(subscriber);
    await advance({ to: new Date((subscription.items.data[0]?.current_period_end ?? 0) * 1000) });
    if (fault === 'duplicate') control.duplicate(100);
    control.resume(fault === 'reverse' ? 'reverse' : undefined);
    if (fault === 'duplicate') {
      // Each repetition is repeated too, while there are any left.
      await new Promise((resolve) => setTimeout(resolve, 300));
      control.duplicate(0);
    }
    await settle();
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
    const { subscription: now, membership } = await read(subscriber);
    expect(membership.expiresAt).toBe(now.currentPeriodEnd);
    expect((await eventsOf(club.tenantId)).filter((type) => type === 'payment.succeeded')).toHaveLength(2);
  });

  it('is one payment for each period that was missed, in one go', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await advance({ days: 100 });
    await settle();
    expect(await paymentsOf(subscriber.who)).toHaveLength(4);
    const found = await sql`
      select count(distinct invoice_id)::int as invoices, count(distinct intent_id)::int as intents
      from payments where subscription_id = ${subscriber.id}`;
    expect(found).toMatchObject([{ invoices: 4, intents: 4 }]);
    const open = await sql`
      select count(*)::int as count from effects
      where target_id = ${subscriber.id} and kind = 'period' and taken_back_at is null`;
    expect(open).toMatchObject([{ count: 1 }]);
    const { subscription, membership } = await read(subscriber);
    expect(membership).toMatchObject({ status: 'active', expiresAt: subscription.currentPeriodEnd });
  });

  it('keeps the price that was agreed to when the tier becomes dearer; who comes later pays the new one', async () => {
    const { club, tier } = await clubWithTier();
    const old = await paid(tier);
    await changeTierOf(club, tier.id, { price: { amount: 1900, currency: 'EUR', interval: 'month' } });
    await advance({ days: 1 });
    const young = await paid(tier);
    await advance({ days: 32 });
    await settle();
    const amounts = async ({ who }: Subscriber) => (await paymentsOf(who)).map(({ amount }: any) => amount);
    expect(await amounts(old)).toEqual([1000, 1000]);
    expect(await amounts(young)).toEqual([1900, 1900]);
    expect((await read(old)).subscription.tierId).toBe(tier.id);
  });

  it('goes on for a tier that takes no new members', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await changeTierOf(club, tier.id, { active: false });
    await toPeriodEnd(subscriber);
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
  });
});

describe('while a renewal is late', () => {
  it('the member stays one for some days, and is expired then', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const end = new Date((await read(subscriber)).subscription.currentPeriodEnd);
    expect(await statusAt(subscriber, inDays(2.9, end))).toEqual({ member: true, status: 'active' });
    expect(await statusAt(subscriber, inDays(3.1, end))).toEqual({ member: false, status: 'expired' });
  });
});

describe('a renewal that fails', () => {
  async function overdue({ graceDays = 7, declines = 1 } = {}) {
    const { club, tier } = await clubWithTier({}, { graceDays });
    const subscriber = await paid(tier);
    const { currentPeriodEnd } = (await read(subscriber)).subscription;
    await decline(subscriber, declines);
    await toPeriodEnd(subscriber);
    return { club, tier, subscriber, failedAt: new Date(currentPeriodEnd) };
  }

  it('leaves the benefits for the days of grace, and then takes them', async () => {
    const { club, subscriber, failedAt } = await overdue({ declines: 9 });
    const { subscription, membership } = await read(subscriber);
    expect(subscription.status).toBe('past_due');
    expect(membership).toMatchObject({ status: 'past_due', expiresAt: inDays(7, failedAt).toISOString() });
    expect(await membershipOf(subscriber.who, club.tenantId)).toMatchObject({ member: true });
    expect(await statusAt(subscriber, inDays(6.99, failedAt))).toEqual({ member: true, status: 'past_due' });
    expect(await statusAt(subscriber, inDays(7, failedAt))).toEqual({ member: false, status: 'expired' });
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
    await advance({ to: inDays(7.1, failedAt) });
    await settle();
    await expireMemberships(test.deps);
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'past_due' },
      membership: { status: 'expired' },
    });
    const events = await eventsOf(club.tenantId);
    // However often it is looked at, it has expired once.
    for (const days of [1, 1]) {
      await advance({ days });
      await settle();
      await checkSubscriptions(test.deps);
      await expireMemberships(test.deps);
    }
    const [row] = await sql`select status from memberships where subscription_id = ${subscriber.id}`;
    expect(row).toMatchObject({ status: 'expired' });
    expect(await eventsOf(club.tenantId)).toEqual(events);
  });

  it.each([0, 21])('leaves them for %i days, if the brand says so', async (graceDays) => {
    const { subscriber, failedAt } = await overdue({ graceDays, declines: 9 });
    expect(await statusAt(subscriber, inDays(graceDays, failedAt))).toEqual({ member: false, status: 'expired' });
    if (graceDays === 0) return;
    expect(await statusAt(subscriber, inDays(graceDays - 0.01, failedAt))).toEqual({
      member: true,
      status: 'past_due',
    });
  });

  it('recovers at the next try', async () => {
    const { tier, subscriber, failedAt } = await overdue();
    await advance({ to: inDays(2, failedAt) });
    await settle();
    const { subscription, membership } = await read(subscriber);
    expect(subscription.status).toBe('active');
    expect(membership).toMatchObject({
      status: 'active',
      expiresAt: subscription.currentPeriodEnd,
      tier: { id: tier.id },
    });
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
  });

  it('recovers with another card, also after the days of grace', async () => {
    const { club, subscriber, failedAt } = await overdue({ graceDays: 2, declines: 1 });
    const startedAt = (await read(subscriber)).membership.startedAt;
    await sql`update memberships set points = 5 where subscription_id = ${subscriber.id}`;
    const { id, options, customer } = await openInvoice(subscriber);
    await decline(subscriber, 1);
    await advance({ to: inDays(3, failedAt) });
    await settle();
    await expireMemberships(test.deps);
    expect((await read(subscriber)).membership.status).toBe('expired');
    const method = await stripe.paymentMethods.attach('pm_card_mastercard', { customer: String(customer) }, options);
    await stripe.invoices.pay(id, { payment_method: method.id }, options);
    await settle();
    const { subscription, membership } = await read(subscriber);
    expect(subscription.status).toBe('active');
    expect(membership).toMatchObject({ status: 'active', points: 5, expiresAt: subscription.currentPeriodEnd });
    expect(membership.startedAt > startedAt).toBe(true);
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
    expect((await eventsOf(club.tenantId)).at(-1)).toMatch(/payment.succeeded|membership.created/);
  });

  it('ends the subscription after the last try, and another may be begun', async () => {
    const { tier, subscriber } = await overdue({ declines: 5 });
    await advance({ days: 22 });
    await settle();
    const { subscription, membership } = await read(subscriber);
    expect(subscription).toMatchObject({ status: 'canceled', endedAt: expect.any(String) });
    expect(membership).toMatchObject({ status: 'canceled', subscriptionId: null });
    expect(await membershipOf(subscriber.who, tier.tenantId)).toMatchObject({ member: false });
    const again = await paid(tier, subscriber.who);
    const after = await read(again);
    expect(after).toMatchObject({ subscription: { status: 'active' }, membership: { status: 'active' } });
    expect(after.membership.id).toBe(membership.id);
    expect(after.membership.startedAt > membership.startedAt).toBe(true);
  });

  it('gives no grace a second time when the next period begins unpaid', async () => {
    control.billing({ retryDays: [60] });
    const { subscriber, failedAt } = await overdue({ declines: 1 });
    await decline(subscriber, 9);
    await advance({ to: inDays(8, failedAt) });
    await settle();
    await expireMemberships(test.deps);
    expect((await read(subscriber)).membership.status).toBe('expired');
    await toPeriodEnd(subscriber);
    expect((await read(subscriber)).subscription.status).toBe('past_due');
    expect(await membershipOf(subscriber.who, subscriber.tier.tenantId)).toMatchObject({ member: false });
    control.billing({ retryDays: [2, 5, 7, 7] });
  });
});

describe('a subscription that the processor leaves unpaid', () => {
  it('gives no benefits, can be canceled at once, and lives on when its invoice is paid', async () => {
    control.billing({ retryDays: [1], afterRetries: 'unpaid' });
    const { tier } = await clubWithTier();
    const [ended, revived] = [await paid(tier), await paid(tier)];
    for (const one of [ended, revived]) await decline(one, 2);
    await toPeriodEnd(ended);
    await toPeriodEnd(revived);
    const { id, options } = await openInvoice(revived);
    await advance({ days: 2 });
    await settle();
    for (const one of [ended, revived]) {
      const { subscription, membership } = await read(one);
      expect(subscription.status).toBe('unpaid');
      expect(membership.status).toBe('expired');
      expect(Date.parse(membership.expiresAt)).toBeLessThanOrEqual(test.deps.clock.now().getTime());
      expect((await subscribe(one.who, tier)).status).toBe(409);
    }
    const canceled = await ask(ended.who, 'POST', `stripe/subscriptions/${ended.id}/cancel`);
    expect(canceled.body.data).toMatchObject({ subscription: { status: 'canceled' } });
    await stripe.invoices.pay(id, {}, options);
    await settle();
    expect(await read(revived)).toMatchObject({ subscription: { status: 'active' }, membership: { status: 'active' } });
    control.billing({ retryDays: [2, 5, 7, 7], afterRetries: 'cancel' });
  });
});
