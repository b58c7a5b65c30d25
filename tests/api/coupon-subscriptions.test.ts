import { describe, expect, it } from 'vitest';
import { reasonsOf } from '../support/coupons.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openSubscriptionCoupons } from '../support/subscription-coupons.ts';
import { eur } from '../support/subscriptions.ts';

const opened = await openSubscriptionCoupons();
const {
  sql,
  ask,
  data,
  person,
  clubWithTier,
  tierIn,
  subscribe,
  pay,
  read,
  settle,
  paymentsOf,
  atProcessor,
  toPeriodEnd,
  membershipOf,
  change,
  eventsOf,
  coupons,
  makeCoupon,
  usesOf,
  begun,
  paid,
  sumsOf,
} = opened;

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
