import { describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { expectRefusal } from '../support/refusals.ts';
import { type Club, openClubs, type Subscriber, type Who } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { test, stripe, person, ask, clubWithTier, teamMember, begun, paid, read, settle, toPeriodEnd } = clubs;
const { membershipOf, paymentsOf, eventsOf, atProcessor, decline } = clubs;
const { control } = test.sandbox;

type Of = Pick<Subscriber, 'id'>;
const cancel = (who: Who, { id }: Of, body?: object) =>
  ask(who, 'POST', `stripe/subscriptions/${id}/cancel`, body ? { body } : {});
const resume = (who: Who, { id }: Of) => ask(who, 'POST', `stripe/subscriptions/${id}/resume`);
const leave = (who: Who, { tenantId }: Club) => ask(who, 'POST', `tenants/${tenantId}/membership/leave`);
const now = { atPeriodEnd: false };

describe('a cancellation', () => {
  it('waits for the end of the period that is paid, and then ends the membership', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const answer = await cancel(subscriber.who, subscriber);
    expect(answer.status, answer.text).toBe(200);
    const { subscription, membership } = answer.body.data;
    expect(subscription).toMatchObject({ status: 'active', cancelAtPeriodEnd: true, endedAt: null });
    expect(subscription.canceledAt).toEqual(expect.any(String));
    expect(membership).toMatchObject({ status: 'active', cancelAtPeriodEnd: true });
    expect(membership.expiresAt).toBe(subscription.currentPeriodEnd);
    await settle();
    expect(await membershipOf(subscriber.who, club.tenantId)).toEqual({ member: true, membership });
    await toPeriodEnd(subscriber);
    const after = await read(subscriber);
    expect(after.subscription).toMatchObject({ status: 'canceled', endedAt: subscription.currentPeriodEnd });
    expect(after.membership).toMatchObject({ status: 'canceled', subscriptionId: null, cancelAtPeriodEnd: false });
    expect(await membershipOf(subscriber.who, club.tenantId)).toMatchObject({ member: false });
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
    expect((await eventsOf(club.tenantId)).at(-1)).toBe('membership.canceled');
    expect((await eventsOf(club.tenantId)).filter((type) => type === 'membership.canceled')).toHaveLength(1);
  });

  it('gives no day beyond the period, though nobody tells of its end', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await cancel(subscriber.who, subscriber, { atPeriodEnd: true });
    await settle();
    control.pause();
    const { subscription } = await atProcessor(subscriber);
    await clubs.advance({ to: new Date((subscription.items.data[0]?.current_period_end ?? 0) * 1000) });
    expect(await membershipOf(subscriber.who, club.tenantId)).toMatchObject({ member: false });
    control.resume();
    await settle();
  });

  it('is taken back, and the next period is paid', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await cancel(subscriber.who, subscriber);
    const answer = await resume(subscriber.who, subscriber);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data.subscription).toMatchObject({ cancelAtPeriodEnd: false, canceledAt: null });
    expect(answer.body.data.membership).toMatchObject({ status: 'active', cancelAtPeriodEnd: false });
    await settle();
    await toPeriodEnd(subscriber);
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
    // Once more is no mistake: it goes on.
    expect((await resume(subscriber.who, subscriber)).body.data.subscription.status).toBe('active');
  });

  it('at once ends the membership at once; a second one finds it ended', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const answer = await cancel(subscriber.who, subscriber, now);
    const { subscription, membership } = answer.body.data;
    expect(subscription).toMatchObject({ status: 'canceled', endedAt: expect.any(String) });
    expect(membership).toMatchObject({ status: 'canceled', subscriptionId: null });
    expect((await atProcessor(subscriber)).subscription.status).toBe('canceled');
    const again = await cancel(subscriber.who, subscriber, now);
    expect(again.body.data).toEqual(answer.body.data);
    expectRefusal(await resume(subscriber.who, subscriber), 409, 'SUBSCRIPTION_ENDED');
    await settle();
    expect((await eventsOf(club.tenantId)).filter((type) => type === 'membership.canceled')).toHaveLength(1);
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
  });

  it('of one that was never paid is at once', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await begun(tier);
    expectRefusal(await resume(subscriber.who, subscriber), 409, 'SUBSCRIPTION_ENDED');
    const answer = await cancel(subscriber.who, subscriber, { atPeriodEnd: true });
    expect(answer.body.data).toMatchObject({ subscription: { status: 'canceled' }, membership: null });
    expect((await begun(tier, subscriber.who)).id).not.toBe(subscriber.id);
  });

  it('of a trial ends with the trial, and nothing is charged', async () => {
    const { tier } = await clubWithTier({ trialDays: 10 });
    const subscriber = await begun(tier);
    await clubs.pay(subscriber);
    const answer = await cancel(subscriber.who, subscriber);
    expect(answer.body.data.membership).toMatchObject({ status: 'trialing', cancelAtPeriodEnd: true });
    await settle();
    await toPeriodEnd(subscriber);
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'canceled' },
      membership: { status: 'canceled' },
    });
    expect(await paymentsOf(subscriber.who)).toEqual([]);
  });

  it('of one in arrears stops the charges', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await paid(tier);
    await decline(subscriber, 1);
    await toPeriodEnd(subscriber);
    const answer = await cancel(subscriber.who, subscriber, now);
    expect(answer.body.data).toMatchObject({
      subscription: { status: 'canceled' },
      membership: { status: 'canceled' },
    });
    await clubs.advance({ days: 30 });
    await settle();
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
  });

  it('at the processor itself, in its dashboard, is a cancellation here', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const { cardId } = await atProcessor(subscriber);
    await stripe.subscriptions.update(cardId, { cancel_at_period_end: true });
    await settle();
    expect((await read(subscriber)).membership).toMatchObject({ status: 'active', cancelAtPeriodEnd: true });
    await stripe.subscriptions.cancel(cardId);
    await settle();
    expect(await membershipOf(subscriber.who, club.tenantId)).toMatchObject({
      member: false,
      membership: { status: 'canceled', subscriptionId: null },
    });
  });

  it('that nobody has told of yet refuses to be resumed or changed', async () => {
    const { club, tier } = await clubWithTier();
    const other = await clubs.tierIn(club, { price: { amount: 3000, currency: 'EUR', interval: 'month' } });
    const [first, second] = [await paid(tier), await paid(tier)];
    control.pause();
    for (const one of [first, second]) await stripe.subscriptions.cancel((await atProcessor(one)).cardId);
    expectRefusal(await resume(first.who, first), 409, 'SUBSCRIPTION_ENDED');
    const body = { tierId: other.id };
    const change = `stripe/subscriptions/${second.id}/change`;
    expectRefusal(await ask(second.who, 'GET', `${change}?tierId=${other.id}`), 409, 'SUBSCRIPTION_ENDED');
    expectRefusal(await ask(second.who, 'POST', change, { body }), 409, 'SUBSCRIPTION_ENDED');
    control.resume();
    await settle();
  });
});

describe('who may end it', () => {
  it('is the subscriber, an admin and the brand’s key; staff only see it, a stranger does not', async () => {
    const { club, tier } = await clubWithTier();
    const { tenantId, owner } = club;
    const [staff, admin, stranger] = [await teamMember(club, 'staff'), await teamMember(club, 'admin'), await person()];
    const { club: elsewhere } = await clubWithTier();
    const subscriber = await paid(tier);
    const path = `stripe/subscriptions/${subscriber.id}`;

    for (const who of [stranger, elsewhere.owner]) {
      expectRefusal(await ask(who, 'GET', path), 404, 'NOT_FOUND');
      expectRefusal(await cancel(who, subscriber, now), 404, 'NOT_FOUND');
      expectRefusal(await resume(who, subscriber), 404, 'NOT_FOUND');
    }
    expect((await ask(staff, 'GET', path)).body.data.subscription.id).toBe(subscriber.id);
    expectRefusal(await cancel(staff, subscriber, now), 403, 'FORBIDDEN');
    expectRefusal(await resume(staff, subscriber), 403, 'FORBIDDEN');
    expectRefusal(await cancel(subscriber.who, { id: newId() }), 404, 'NOT_FOUND');

    const keyOf = async (brand: Club, scopes: string[]) => {
      const body = { name: 'Till', scopes, tenantId: brand.tenantId };
      const made = await ask(brand.owner, 'POST', 'auth/api-keys', { body });
      expect(made.status, made.text).toBe(201);
      return made.body.data.key as string;
    };
    const byKey = (key: string, what: string) => test.call('POST', `${path}/${what}`, { token: key, body: {} });
    expectRefusal(await byKey(await keyOf(elsewhere, ['read', 'write']), 'cancel'), 404, 'NOT_FOUND');
    expectRefusal(await byKey(await keyOf(club, ['read']), 'cancel'), 403, 'INSUFFICIENT_SCOPE');
    const key = await keyOf(club, ['read', 'write']);
    expect((await byKey(key, 'cancel')).body.data.subscription.cancelAtPeriodEnd).toBe(true);
    expect((await resume(admin, subscriber)).body.data.subscription.cancelAtPeriodEnd).toBe(false);
    expect((await cancel(owner, subscriber, now)).body.data.subscription.status).toBe('canceled');
    await settle();
    expect(await membershipOf(subscriber.who, tenantId)).toMatchObject({ member: false });
  });
});

describe('leaving', () => {
  it('is refused while a subscription pays for the membership', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    expectRefusal(await leave(subscriber.who, club), 409, 'SUBSCRIPTION_RUNS');
    await cancel(subscriber.who, subscriber);
    expectRefusal(await leave(subscriber.who, club), 409, 'SUBSCRIPTION_RUNS');
    await cancel(subscriber.who, subscriber, now);
    expectRefusal(await leave(subscriber.who, club), 409, 'NOT_JOINED');
    await settle();
  });

  it('is possible again as a free member afterwards, and the ended subscription takes nothing from that', async () => {
    const { club, tier } = await clubWithTier();
    const free = await clubs.tierIn(club, { price: null, rank: 1 });
    const subscriber = await paid(tier);
    await settle();
    control.pause();
    await cancel(subscriber.who, subscriber, now);
    const body = { tierId: free.id };
    const joined = await ask(subscriber.who, 'POST', `tenants/${club.tenantId}/membership/join`, { body });
    expect(joined.status, joined.text).toBe(201);
    control.resume();
    await settle();
    const { membership } = await membershipOf(subscriber.who, club.tenantId);
    expect(membership).toMatchObject({
      status: 'active',
      tier: { id: free.id },
      subscriptionId: null,
      expiresAt: null,
    });
    expect((await leave(subscriber.who, club)).status).toBe(200);
  });
});
