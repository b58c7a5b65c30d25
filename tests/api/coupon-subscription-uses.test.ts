import { describe, expect, it } from 'vitest';
import { checkPromotions } from '#src/coupons/sync-promotions.ts';
import { checkSubscriptions } from '#src/subscriptions/check-subscriptions.ts';
import { reasonsOf } from '../support/coupons.ts';
import { CARDS } from '../support/payments.ts';
import { openSubscriptionCoupons } from '../support/subscription-coupons.ts';

const opened = await openSubscriptionCoupons();
const {
  test,
  sql,
  stripe,
  ask,
  data,
  person,
  clubWithTier,
  subscribe,
  pay,
  read,
  settle,
  advance,
  paymentsOf,
  toPeriodEnd,
  refund,
  coupons,
  makeCoupon,
  changeCoupon,
  usesOf,
  begun,
  paid,
  sumsOf,
  promotionsOf,
} = opened;

describe('a use that a subscription holds', () => {
  it('is given back when nobody pays within a day', async () => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { code: 'LAST-1', maxRedemptions: 1, maxPerUser: 1 });
    const subscriber = await begun(tier, { couponCode: 'LAST-1' });
    expect(await usesOf(club, coupon)).toEqual([0, 1, 0]);
    await pay(subscriber, CARDS.declined);
    await settle();
    expect(await usesOf(club, coupon)).toEqual([0, 1, 0]);
    await advance({ hours: 24 });
    await settle();
    expect((await read(subscriber)).subscription.status).toBe('incomplete_expired');
    expect(await usesOf(club, coupon)).toEqual([0, 0, 0]);
    expect(await sumsOf(await paid(tier, { couponCode: 'LAST-1' }, subscriber.who))).toEqual([[800, 200]]);
  });

  it('is given back when a trial is canceled before it is paid', async () => {
    const { club, tier } = await clubWithTier({ trialDays: 7 });
    const coupon = await makeCoupon(club, { code: 'TRY-IT', duration: 'forever' });
    const subscriber = await begun(tier, { couponCode: 'TRY-IT' });
    await pay(subscriber);
    await settle();
    await data(
      ask(subscriber.who, 'POST', `stripe/subscriptions/${subscriber.id}/cancel`, { body: { atPeriodEnd: false } }),
    );
    await settle();
    expect(await usesOf(club, coupon)).toEqual([0, 0, 0]);
  });

  it('is given back when the first period is refunded in full, and kept by a later one', async () => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { code: 'BACK-1', duration: 'forever', maxRedemptions: 2 });
    const first = await paid(tier, { couponCode: 'BACK-1' });
    const [payment] = await paymentsOf(first.who);
    await refund(club, payment, { amount: 300 });
    expect(await usesOf(club, coupon)).toEqual([0, 0, 1]);
    await refund(club, payment);
    expect(await usesOf(club, coupon)).toEqual([0, 0, 0]);
    const second = await paid(tier, { couponCode: 'BACK-1' });
    await toPeriodEnd(second);
    await refund(club, (await paymentsOf(second.who)).at(-1));
    expect(await usesOf(club, coupon)).toEqual([0, 0, 1]);
    await test.runJobs();
  });

  it('is the same when its holder comes back, and another when they name another', async () => {
    const { club, tier } = await clubWithTier();
    const [one, two] = [await makeCoupon(club, { code: 'COMES-1' }), await makeCoupon(club, { code: 'COMES-2' })];
    const subscriber = await begun(tier, { couponCode: 'COMES-1' });
    expect((await begun(tier, { couponCode: 'comes-1' }, subscriber.who)).id).toBe(subscriber.id);
    expect((await begun(tier, {}, subscriber.who)).id).toBe(subscriber.id);
    const other = await paid(tier, { couponCode: 'COMES-2' }, subscriber.who);
    expect(other.id).not.toBe(subscriber.id);
    expect([await usesOf(club, one), await usesOf(club, two)]).toEqual([
      [0, 0, 0],
      [0, 0, 1],
    ]);
  });

  it('is made once for a request that is repeated, whatever was lost on the way', async () => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { code: 'AGAIN-1', maxRedemptions: 5 });
    const who = await person();
    test.sandbox.control.failNext(500, 2);
    const asking = { key: 'once', body: { couponCode: 'AGAIN-1' } };
    expect((await subscribe(who, tier, asking)).status).toBeGreaterThanOrEqual(500);
    // The coupon has other terms by now: what was begun goes on as it was.
    await changeCoupon(club, coupon, { percentOff: 50, active: false });
    const answer = await subscribe(who, tier, asking);
    expect(answer.status, answer.text).toBe(201);
    const { subscriptionId: id, clientSecret } = answer.body.data;
    await pay({ clientSecret });
    await settle();
    expect(await usesOf(club, coupon)).toEqual([0, 0, 1]);
    expect(await sumsOf({ who, id, tier, clientSecret })).toEqual([[800, 200]]);
  });

  it.each([
    { isPaid: true, uses: [0, 0, 1], sums: [[800, 200]] },
    { isPaid: false, uses: [0, 0, 0], sums: [] },
  ])('is settled by its last invoice, where a crash came between (paid: $isPaid)', async ({ isPaid, uses, sums }) => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { code: 'CRASHED' });
    const subscriber = await begun(tier, { couponCode: 'CRASHED' });
    await settle();
    test.sandbox.control.pause();
    if (isPaid) await pay(subscriber);
    const end = test.deps.clock.now();
    await sql`update subscriptions set status = 'canceled', ended_at = ${new Date(end.getTime() + 60_000)}, check_at = ${end}
      where id = ${subscriber.id}`;
    expect(await usesOf(club, coupon)).toEqual([0, 1, 0]);
    await checkSubscriptions(test.deps);
    expect(await usesOf(club, coupon)).toEqual(uses);
    expect(await sumsOf(subscriber)).toEqual(sums);
    test.sandbox.control.resume();
  });

  it('is one for each of 50 who want the last 3, and no more', async () => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { code: 'FEW-LEFT', maxRedemptions: 3, public: true });
    const people = await Promise.all(Array.from({ length: 50 }, () => person()));
    const answers = await Promise.all(people.map((who) => subscribe(who, tier, { body: { couponCode: 'FEW-LEFT' } })));
    const won = answers.filter(({ status }) => status === 201);
    expect(won).toHaveLength(3);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(reasonsOf(answer)).toEqual(['QUANTITY_EXCEEDED']);
    }
    for (const { body } of won) expect((await pay({ clientSecret: body.data.clientSecret })).status).toBe(200);
    await settle();
    expect(await usesOf(club, coupon)).toEqual([0, 0, 3]);
    const counted = await sql`select count(*)::int as held from coupon_claims where coupon_id = ${coupon.id}`;
    expect(counted).toMatchObject([{ held: 3 }]);
    expect(await promotionsOf(coupon)).toHaveLength(1);
  });
});

describe('at the processor', () => {
  it('there is one coupon with a promotion code for all who have it, on the account of the brand', async () => {
    const account = (await stripe.accounts.create({ type: 'standard', country: 'DE' })).id;
    const { club, tier } = await clubWithTier();
    const admin = await person('platform');
    await sql`update users set platform_role = 'admin' where id = ${admin.userId}`;
    await data(ask(admin, 'PUT', `tenants/${club.tenantId}/stripe-account`, { body: { stripeAccountId: account } }));
    const coupon = await makeCoupon(club, { code: 'THERE', name: 'There', duration: 'forever' });
    for (let n = 0; n < 2; n += 1) {
      const subscriber = await begun(tier, { couponCode: 'THERE' });
      expect((await pay(subscriber, undefined, account)).status).toBe(200);
      await settle();
      expect(await sumsOf(subscriber)).toEqual([[800, 200]]);
    }
    const [promotion, ...others] = await promotionsOf(coupon);
    expect(others).toEqual([]);
    expect(promotion).toMatchObject({ active: true, times_redeemed: 2, metadata: { couponId: coupon.id } });
    const there = await stripe.coupons.retrieve(String(promotion?.promotion.coupon), {}, { stripeAccount: account });
    expect(there).toMatchObject({ name: 'There', percent_off: 20, duration: 'forever' });
  });

  it('the promotion code goes off and on with the coupon, and is made anew for other terms', async () => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { code: 'IN-STEP' });
    await begun(tier, { couponCode: 'IN-STEP' });
    const activeAfter = async (body?: object) => {
      if (body) await changeCoupon(club, coupon, body);
      await test.runJobs();
      return (await promotionsOf(coupon)).map(({ active }) => active);
    };
    expect(await activeAfter()).toEqual([true]);
    expect(await activeAfter({ active: false })).toEqual([false]);
    expect(await activeAfter({ active: true })).toEqual([true]);
    expect(await activeAfter({ maxRedemptions: 1 })).toEqual([false]);
    expect(await activeAfter({ maxRedemptions: null })).toEqual([true]);
    expect(await activeAfter({ percentOff: 30 })).toEqual([false]);
    await begun(tier, { couponCode: 'IN-STEP' });
    expect(await activeAfter()).toEqual([false, true]);
    expect(await activeAfter({ percentOff: 20 })).toEqual([true, false]);
    await data(ask(club.owner, 'DELETE', `${coupons(club)}/${coupon.id}`));
    expect(await activeAfter()).toEqual([false, false]);
  });

  it('the promotion code goes off when the last use is taken, or its time is over, and on when one comes back', async () => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { code: 'ONLY-1', maxRedemptions: 1 });
    const subscriber = await begun(tier, { couponCode: 'ONLY-1' });
    const isActive = async () => (await promotionsOf(coupon)).map(({ active }) => active);
    await test.runJobs();
    expect(await isActive()).toEqual([false]);
    await advance({ hours: 24 });
    await settle();
    await checkPromotions(test.deps);
    expect(await isActive()).toEqual([true]);
    await changeCoupon(club, coupon, { endsAt: new Date(test.deps.clock.now().getTime() + 3_600_000).toISOString() });
    await test.runJobs();
    expect(await isActive()).toEqual([true]);
    await advance({ hours: 2 });
    await checkPromotions(test.deps);
    expect(await isActive()).toEqual([false]);
    expect((await read(subscriber)).subscription.status).toBe('incomplete_expired');
  });

  it('who has taken a use gets it, though the coupon is switched off before the processor hears of it', async () => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { code: 'JUST-OFF' });
    await begun(tier, { couponCode: 'JUST-OFF' });
    const [promotion] = await promotionsOf(coupon);
    await stripe.promotionCodes.update(String(promotion?.id), { active: false });
    expect(await sumsOf(await paid(tier, { couponCode: 'JUST-OFF' }))).toEqual([[800, 200]]);
  });

  it('a percentage with a limit is the sum that it takes off', async () => {
    const { club, tier } = await clubWithTier();
    const limited = await makeCoupon(club, { code: 'LIMITED', percentOff: 50, maxDiscount: 250, duration: 'forever' });
    expect(await sumsOf(await paid(tier, { couponCode: 'LIMITED' }))).toEqual([[750, 250]]);
    const [promotion] = await promotionsOf(limited);
    const there = await stripe.coupons.retrieve(String(promotion?.promotion.coupon));
    expect(there).toMatchObject({ percent_off: null, amount_off: 250, currency: 'eur' });
  });
});
