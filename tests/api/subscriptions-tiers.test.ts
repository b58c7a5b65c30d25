import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/refusals.ts';
import { eur, openClubs, type Subscriber } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { test, stripe, ask, tierIn, clubWithTier, changeTierOf, begun, pay, paid, read } = clubs;
const {
  change,
  preview,
  halfWay,
  settle,
  advance,
  toPeriodEnd,
  decline,
  paymentsOf,
  eventsOf,
  atProcessor,
  membershipOf,
} = clubs;
const { control } = test.sandbox;

const amounts = async ({ who }: Subscriber) => (await paymentsOf(who)).map(({ amount }: any) => amount);

describe('a change to a better tier', () => {
  it('is charged at once for the rest of the period, as the preview said, and stays so', async () => {
    const { club, better, subscriber } = await halfWay();
    const before = await read(subscriber);
    const shown = await preview(subscriber, better.id);
    expect(shown.status, shown.text).toBe(200);
    expect(shown.body.data).toEqual({ amount: 1000, currency: 'EUR' });
    expect(await read(subscriber)).toEqual(before);

    const answer = await change(subscriber, better.id);
    expect(answer.status, answer.text).toBe(200);
    const { subscription, membership, clientSecret } = answer.body.data;
    expect(clientSecret).toBeNull();
    expect(subscription).toMatchObject({ status: 'active', tierId: better.id, pendingTierId: null });
    expect(subscription.currentPeriodEnd).toBe(before.subscription.currentPeriodEnd);
    expect(membership).toMatchObject({ status: 'active', tier: { id: better.id } });
    expect(membership.expiresAt).toBe(before.membership.expiresAt);
    expect(await amounts(subscriber)).toEqual([1000, 1000]);
    await settle();
    expect(await amounts(subscriber)).toEqual([1000, 1000]);
    const line = (await paymentsOf(subscriber.who))[1].items[0];
    expect(line).toMatchObject({ tierId: better.id, amount: 1000, quantity: 1 });
    await toPeriodEnd(subscriber);
    expect(await amounts(subscriber)).toEqual([1000, 1000, 3000]);
    const types = (await eventsOf(club.tenantId)).filter((type) => type === 'membership.updated');
    expect(types).toHaveLength(2);
  });

  it('is one change for one Idempotency-Key', async () => {
    const { better, subscriber } = await halfWay();
    const answers = await Promise.all([1, 2, 3].map(() => change(subscriber, better.id, { key: 'up' })));
    for (const answer of answers) expect([200, 409], answer.text).toContain(answer.status);
    const again = await change(subscriber, better.id, { key: 'up' });
    expect(again.headers['idempotent-replayed']).toBe('true');
    // Its answer is lost, as with a process that died before it kept it: the same change is found made.
    await clubs.sql`delete from idempotent_answers`;
    expect((await change(subscriber, better.id, { key: 'up' })).body.data.subscription.tierId).toBe(better.id);
    expectRefusal(await change(subscriber, better.id), 409, 'TIER_UNCHANGED');
    await settle();
    expect(await amounts(subscriber)).toEqual([1000, 1000]);
  });

  it('made many times at once is charged once', async () => {
    const { better, subscriber } = await halfWay();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => change(subscriber, better.id)));
    for (const answer of answers) expect([200, 409], answer.text).toContain(answer.status);
    await settle();
    expect(await amounts(subscriber)).toEqual([1000, 1000]);
    expect((await read(subscriber)).subscription).toMatchObject({ tierId: better.id, pendingTierId: null });
  });

  it('waits when the card is declined: the old tier stays until another pays', async () => {
    const { tier, better, subscriber } = await halfWay();
    await decline(subscriber);
    const answer = await change(subscriber, better.id);
    expect(answer.status, answer.text).toBe(200);
    const { subscription, membership, clientSecret } = answer.body.data;
    expect(subscription).toMatchObject({ status: 'active', tierId: tier.id, pendingTierId: better.id });
    expect(membership).toMatchObject({ status: 'active', tier: { id: tier.id } });
    expect(clientSecret).toMatch(/^pi_/);
    await settle();
    expect(await amounts(subscriber)).toEqual([1000]);
    expectRefusal(await change(subscriber, better.id), 409, 'CHANGE_PENDING');
    expect((await pay({ clientSecret })).body.status).toBe('succeeded');
    await settle();
    const after = await read(subscriber);
    expect(after.subscription).toMatchObject({ tierId: better.id, pendingTierId: null, status: 'active' });
    expect(after.membership.tier.id).toBe(better.id);
    expect(await amounts(subscriber)).toEqual([1000, 1000]);
  });

  it('that is never paid is forgotten after a day, and can be tried again', async () => {
    const { tier, better, subscriber } = await halfWay();
    await decline(subscriber);
    await change(subscriber, better.id);
    await advance({ hours: 24 });
    await settle();
    expect((await read(subscriber)).subscription).toMatchObject({ tierId: tier.id, pendingTierId: null });
    expect((await change(subscriber, better.id)).body.data.subscription.tierId).toBe(better.id);
    await settle();
  });

  it('waits for the bank when it asks the holder', async () => {
    const { club, tier } = await clubWithTier();
    const better = await tierIn(club, eur(3000));
    const subscriber = await begun(tier);
    const clientSecret = String(subscriber.clientSecret);
    await pay(subscriber, 'pm_card_authenticationRequired');
    const approve = (secret: string) =>
      test.sandbox.call(`authenticate/${secret.split('_secret_')[0]}`, { client_secret: secret, outcome: 'succeed' });
    await approve(clientSecret);
    await settle();
    const answer = await change(subscriber, better.id);
    expect(answer.body.data.subscription).toMatchObject({ tierId: tier.id, pendingTierId: better.id });
    await approve(answer.body.data.clientSecret);
    await settle();
    expect((await read(subscriber)).subscription).toMatchObject({ tierId: better.id, pendingTierId: null });
  });

  it('to a year begins a new period', async () => {
    const { club, subscriber } = await halfWay();
    const yearly = await tierIn(club, eur(12_000, 'year'));
    const { amount } = (await preview(subscriber, yearly.id)).body.data;
    expect(amount).toBe(11_500);
    const { subscription, membership } = (await change(subscriber, yearly.id)).body.data;
    expect(subscription.tierId).toBe(yearly.id);
    const days = (Date.parse(subscription.currentPeriodEnd) - Date.parse(subscription.currentPeriodStart)) / 86_400_000;
    expect([365, 366]).toContain(days);
    expect(membership.expiresAt).toBe(subscription.currentPeriodEnd);
    await settle();
    expect(await amounts(subscriber)).toEqual([1000, 11_500]);
  });

  it('during a trial costs nothing now', async () => {
    const { club, tier } = await clubWithTier({ trialDays: 10 });
    const better = await tierIn(club, eur(3000));
    const subscriber = await begun(tier);
    await pay(subscriber);
    await settle();
    expect((await preview(subscriber, better.id)).body.data).toEqual({ amount: 0, currency: 'EUR' });
    const { subscription, membership } = (await change(subscriber, better.id)).body.data;
    expect(subscription).toMatchObject({ status: 'trialing', tierId: better.id });
    expect(membership).toMatchObject({ status: 'trialing', tier: { id: better.id } });
    await toPeriodEnd(subscriber);
    expect(await amounts(subscriber)).toEqual([3000]);
  });
});

describe('a change to a cheaper tier', () => {
  it('charges nothing, and what is left over pays for the next period', async () => {
    const { club, subscriber } = await halfWay();
    const cheap = await tierIn(club, eur(400));
    expect((await preview(subscriber, cheap.id)).body.data).toMatchObject({ amount: 0 });
    const { subscription, membership } = (await change(subscriber, cheap.id)).body.data;
    expect([subscription.tierId, membership.tier.id]).toEqual([cheap.id, cheap.id]);
    await settle();
    expect(await amounts(subscriber)).toEqual([1000]);
    await toPeriodEnd(subscriber);
    expect((await read(subscriber)).membership).toMatchObject({ status: 'active', tier: { id: cheap.id } });
    expect(await amounts(subscriber)).toEqual([1000, 100]);
  });

  it('while the renewal is unpaid is refused: it would pay for the period with what was never paid', async () => {
    const { club, tier } = await clubWithTier();
    const cheap = await tierIn(club, eur(400));
    const subscriber = await paid(tier);
    await decline(subscriber, 9);
    await toPeriodEnd(subscriber);
    for (const ask of [preview, change]) {
      const answer = await ask(subscriber, cheap.id);
      expectRefusal(answer, 409, 'SUBSCRIPTION_ENDED');
      expect(answer.body.error.details).toEqual({ status: 'past_due' });
    }
    await settle();
    expect((await read(subscriber)).subscription).toMatchObject({ status: 'past_due', tierId: tier.id });
    await ask(subscriber.who, 'POST', `stripe/subscriptions/${subscriber.id}/cancel`, { body: { atPeriodEnd: false } });
    await settle();
  });
});

describe('a price', () => {
  it('that changes makes the same tier one to change to for nobody, and is kept by those who pay the old', async () => {
    const { club, tier, better, subscriber } = await halfWay();
    await changeTierOf(club, better.id, eur(5000));
    expect((await preview(subscriber, better.id)).body.data.amount).toBe(2000);
    await changeTierOf(club, tier.id, eur(2000));
    expectRefusal(await change(subscriber, tier.id), 409, 'TIER_UNCHANGED');
    const prices = await stripe.prices.list({ limit: 100 });
    const of = prices.data.filter(({ metadata }) => metadata['tierId'] === better.id);
    expect(of.map(({ unit_amount }) => unit_amount)).toEqual([5000]);
  });

  it('that was changed back is the same one at the processor', async () => {
    const { club, tier } = await clubWithTier();
    for (const amount of [1000, 2000, 1000]) {
      await changeTierOf(club, tier.id, eur(amount));
      const { id } = await paid(tier);
      expect((await atProcessor({ id })).subscription.items.data[0]?.price.unit_amount).toBe(amount);
    }
    const prices = await stripe.prices.list({ limit: 100 });
    expect(prices.data.filter(({ metadata }) => metadata['tierId'] === tier.id)).toHaveLength(2);
  });
});

describe('a change that nobody told of', () => {
  it('made at the processor, to a price of ours, is seen; to a foreign one it leaves the tier', async () => {
    const { club, tier, better, subscriber } = await halfWay();
    await paid(better);
    const { subscription, cardId } = await atProcessor(subscriber);
    const prices = await stripe.prices.list({ limit: 100 });
    const price = prices.data.find(({ metadata }) => metadata['tierId'] === better.id)?.id;
    const item = subscription.items.data[0]?.id;
    await stripe.subscriptions.update(cardId, { items: [{ id: item, price }], proration_behavior: 'none' });
    await settle();
    expect(await membershipOf(subscriber.who, club.tenantId)).toMatchObject({
      membership: { tier: { id: better.id } },
    });
    const product = (await stripe.products.create({ name: 'Foreign' })).id;
    const foreign = await stripe.prices.create({
      product,
      currency: 'eur',
      unit_amount: 700,
      recurring: { interval: 'month' },
    });
    await stripe.subscriptions.update(cardId, { items: [{ id: item, price: foreign.id }], proration_behavior: 'none' });
    await settle();
    expect((await read(subscriber)).subscription.tierId).toBe(better.id);
    expect(tier.id).not.toBe(better.id);
    expect(control.settings().isPaused).toBe(false);
  });
});
