import { afterEach, describe, expect, it } from 'vitest';
import { checkPromotions } from '#src/coupons/sync-promotions.ts';
import { checkSubscriptions } from '#src/subscriptions/check-subscriptions.ts';
import { reasonsOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { CARDS } from '../support/payments.ts';
import { expectRefusal } from '../support/refusals.ts';
import { type Club, eur, openClubs, type Subscriber, type Tier, type Who } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { test, sql, stripe, ask, data, person, clubWithTier, tierIn, subscribe, pay, read, settle, advance } = clubs;
const { paymentsOf, atProcessor, toPeriodEnd, membershipOf, change, refund, eventsOf } = clubs;

afterEach(async () => {
  await settle();
  expect(await findBroken(sql)).toEqual([]);
});

const coupons = ({ tenantId }: Pick<Club, 'tenantId'>) => `coupons/${tenantId}`;
const makeCoupon = (club: Club, fields: object = {}) => {
  const body = { name: 'Welcome', kind: 'percent', percentOff: 20, ...fields };
  const isAmount = 'kind' in fields && fields.kind !== 'percent';
  return data(ask(club.owner, 'POST', coupons(club), { body: isAmount ? { ...body, percentOff: null } : body }));
};
const changeCoupon = (club: Club, { id }: { id: string }, body: object) =>
  data(ask(club.owner, 'PATCH', `${coupons(club)}/${id}`, { body }));
const usesOf = async (club: Club, { id }: { id: string }) => {
  const { claimed, reserved, redeemed } = (await data(ask(club.owner, 'GET', `${coupons(club)}/${id}`))).uses;
  return [claimed, reserved, redeemed];
};

async function begun(tier: Tier, body: object, who?: Who): Promise<Subscriber> {
  const by = who ?? (await person());
  const answer = await subscribe(by, tier, { body });
  expect(answer.status, answer.text).toBe(201);
  const { subscriptionId: id, clientSecret } = answer.body.data;
  return { who: by, id, tier, clientSecret };
}

async function paid(tier: Tier, body: object, who?: Who): Promise<Subscriber> {
  const subscriber = await begun(tier, body, who);
  const answer = await pay(subscriber);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  await settle();
  return subscriber;
}

const sumsOf = async ({ who }: Subscriber) =>
  (await paymentsOf(who)).map(({ amount, discount }: Record<string, number>) => [amount, discount]);

const promotionsOf = async ({ id }: { id: string }) => {
  const rows =
    await sql`select promotion_id as promotion, account from stripe_coupons where coupon_id = ${id} order by id`;
  return Promise.all(
    rows.map(({ promotion, account }) =>
      stripe.promotionCodes.retrieve(promotion, {}, account ? { stripeAccount: account } : {}),
    ),
  );
};

describe('a coupon of a subscription', () => {
  it.each([
    {
      duration: 'once',
      sums: [
        [800, 200],
        [1000, 0],
        [1000, 0],
        [1000, 0],
      ],
    },
    {
      duration: 'repeating',
      durationInMonths: 2,
      sums: [
        [800, 200],
        [800, 200],
        [1000, 0],
        [1000, 0],
      ],
    },
    {
      duration: 'forever',
      sums: [
        [800, 200],
        [800, 200],
        [800, 200],
        [800, 200],
      ],
    },
  ])('counts $duration', async ({ sums, ...duration }) => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { code: 'WELCOME', ...duration });
    const subscriber = await paid(tier, { couponCode: 'welcome' });
    for (let n = 1; n < sums.length; n += 1) await toPeriodEnd(subscriber);
    expect(await sumsOf(subscriber)).toEqual(sums);
    expect(await usesOf(club, coupon)).toEqual([0, 0, 1]);
    const { totals } = await data(
      ask(club.owner, 'GET', `${coupons(club)}/${coupon.id}/analytics?interval=week&from=2026-01-01T00:00:00Z`),
    );
    const withIt = sums.filter(([, discount = 0]) => discount > 0);
    const currencies = [{ currency: 'EUR', discount: 200 * withIt.length, revenue: 800 * withIt.length }];
    expect(totals).toEqual({ claims: 1, redemptions: 1, released: 0, currencies });
    const payments = await paymentsOf(subscriber.who);
    for (const { discount, subtotal, coupons: used } of payments) {
      expect(subtotal).toBe(1000);
      expect(used).toMatchObject(discount > 0 ? [{ couponId: coupon.id, code: 'WELCOME', discount: 200 }] : []);
    }
    const claims = await data(ask(subscriber.who, 'GET', 'coupons/user/claims'));
    expect(claims).toMatchObject([
      { status: 'redeemed', subscriptionId: subscriber.id, paymentId: payments[0].id, subtotal: 1000, discount: 200 },
    ]);
    expect((await eventsOf(club.tenantId)).filter((type) => type === 'coupon.redeemed')).toHaveLength(1);
  });

  it('may be a sum, a claim, or a code for one person', async () => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { kind: 'amount', amountOff: 300, maxPerUser: 1 });
    await data(
      ask(club.owner, 'POST', `${coupons(club)}/${coupon.id}/codes/import`, { body: { codes: ['ONE-2345678'] } }),
    );
    const first = await paid(tier, { couponCode: 'ONE-2345678' });
    expect(await sumsOf(first)).toEqual([[700, 300]]);
    const late = await subscribe(await person(), tier, { body: { couponCode: 'ONE-2345678' } });
    expectRefusal(late, 409, 'COUPON_NOT_ELIGIBLE');
    const open = await makeCoupon(club, { kind: 'amount', amountOff: 400, public: true });
    const who = await person();
    const { claim } = await data(ask(who, 'POST', `${coupons(club)}/${open.id}/claim`, { body: {} }));
    const second = await paid(tier, { claimId: claim.id }, who);
    expect(await sumsOf(second)).toEqual([[600, 400]]);
    expect(await usesOf(club, open)).toEqual([0, 0, 1]);
    const both = await subscribe(who, tier, { body: { claimId: claim.id, couponCode: 'X-1' } });
    expectRefusal(both, 400, 'VALIDATION_ERROR');
  });

  it('that pays for everything needs a card for later, and is a payment of nothing', async () => {
    const { club, tier } = await clubWithTier();
    const coupon = await makeCoupon(club, { code: 'FREE-1', percentOff: 100 });
    const subscriber = await begun(tier, { couponCode: 'FREE-1' });
    await settle();
    expect(subscriber.clientSecret).toMatch(/^seti_/);
    expect((await pay(subscriber)).status).toBe(200);
    expect(await membershipOf(subscriber.who, club.tenantId)).toMatchObject({ member: true });
    expect(await sumsOf(subscriber)).toEqual([[0, 1000]]);
    expect(await usesOf(club, coupon)).toEqual([0, 0, 1]);
    await toPeriodEnd(subscriber);
    expect(await sumsOf(subscriber)).toEqual([
      [0, 1000],
      [1000, 0],
    ]);
  });

  it.each([
    { body: { kind: 'product' }, reasons: ['PRODUCT_REQUIRED'] },
    { body: { minSubtotal: 1001 }, reasons: ['MIN_AMOUNT'] },
    { body: { kind: 'amount', amountOff: 100, currency: 'USD' }, reasons: ['CURRENCY_MISMATCH'] },
    { body: { active: false }, reasons: ['DISABLED'] },
    { body: { endsAt: '2020-01-01T00:00:00Z' }, reasons: ['EXPIRED'] },
  ])('is refused by the one rule: $reasons', async ({ body, reasons }) => {
    const { club, tier } = await clubWithTier();
    const product = { name: 'Mug', price: { amount: 900, currency: 'EUR' }, status: 'active' };
    const headers = { 'x-tenant-id': club.tenantId };
    const { id: productId } = await data(ask(club.owner, 'POST', 'tenants/brand/products', { body: product, headers }));
    const gift = body.kind === 'product' ? { productId } : {};
    await makeCoupon(club, { code: 'NOT-THIS', public: true, ...body, ...gift });
    const who = await person();
    const answer = await subscribe(who, tier, { body: { couponCode: 'NOT-THIS' } });
    expectRefusal(answer, 409, 'COUPON_NOT_ELIGIBLE');
    expect(reasonsOf(answer)).toEqual(reasons);
    expect(await sql`select 1 from subscriptions where user_id = ${who.userId}`).toEqual([]);
    const unknown = await subscribe(who, tier, { body: { couponCode: 'NOBODYS' } });
    expect(reasonsOf(unknown)).toEqual(['NOT_FOUND']);
  });

  it('leaves nothing that is too little to be charged', async () => {
    const { club, tier } = await clubWithTier();
    await makeCoupon(club, { code: 'ALMOST', kind: 'amount', amountOff: 999 });
    expectRefusal(await subscribe(await person(), tier, { body: { couponCode: 'ALMOST' } }), 422, 'AMOUNT_TOO_SMALL');
  });

  it('goes with a trial: what counts once counts for the first payment', async () => {
    const { club, tier } = await clubWithTier({ trialDays: 14 });
    const coupon = await makeCoupon(club, { code: 'TRIED', duration: 'once' });
    const subscriber = await begun(tier, { couponCode: 'TRIED' });
    expect((await pay(subscriber)).status).toBe(200);
    await settle();
    expect((await read(subscriber)).subscription.status).toBe('trialing');
    expect(await usesOf(club, coupon)).toEqual([0, 1, 0]);
    expect(await sumsOf(subscriber)).toEqual([]);
    await toPeriodEnd(subscriber);
    expect(await usesOf(club, coupon)).toEqual([0, 0, 1]);
    await toPeriodEnd(subscriber);
    expect(await sumsOf(subscriber)).toEqual([
      [800, 200],
      [1000, 0],
    ]);
    const two = await makeCoupon(club, { code: 'TRIED-2', duration: 'repeating', durationInMonths: 2 });
    const other = await begun(tier, { couponCode: 'TRIED-2' });
    expect((await pay(other)).status).toBe(200);
    for (let n = 0; n < 4; n += 1) await toPeriodEnd(other);
    expect(await sumsOf(other)).toEqual([
      [800, 200],
      [800, 200],
      [1000, 0],
      [1000, 0],
    ]);
    expect(await usesOf(club, two)).toEqual([0, 0, 1]);
  });

  it('stays at the processor when the tier changes', async () => {
    const { club, tier } = await clubWithTier();
    const better = await tierIn(club, { rank: 20, ...eur(3000) });
    await makeCoupon(club, { code: 'STAY', duration: 'forever' });
    const subscriber = await paid(tier, { couponCode: 'STAY' });
    const changed = await change(subscriber, better.id);
    expect(changed.status, changed.text).toBe(200);
    await settle();
    const { subscription } = await atProcessor(subscriber);
    expect(subscription.discounts).toHaveLength(1);
    await toPeriodEnd(subscriber);
    expect((await sumsOf(subscriber)).at(-1)).toEqual([2400, 600]);
  });

  it('is for a tier that is paid once too', async () => {
    const { club } = await clubWithTier();
    const tier = await tierIn(club, { price: { amount: 5000, currency: 'EUR', interval: 'one_time' } });
    const coupon = await makeCoupon(club, { code: 'FOR-GOOD' });
    const subscriber = await paid(tier, { couponCode: 'FOR-GOOD' });
    expect(await sumsOf(subscriber)).toEqual([[4000, 1000]]);
    expect(await usesOf(club, coupon)).toEqual([0, 0, 1]);
    await makeCoupon(club, { code: 'ALL-OF-IT', percentOff: 100 });
    const free = await person();
    const answer = await subscribe(free, tier, { body: { couponCode: 'ALL-OF-IT' } });
    expect(answer.body.data).toMatchObject({
      status: 'succeeded',
      clientSecret: null,
      membership: { status: 'active' },
    });
  });
});

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
