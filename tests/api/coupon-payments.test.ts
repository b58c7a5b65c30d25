import { afterEach, describe, expect, it } from 'vitest';
import { claimed, makeCoupon, newMember, reasonsOf, usesOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import {
  begin,
  buy,
  CARDS,
  cancel,
  confirm,
  connectWebhooks,
  openShop,
  order,
  readPayment,
  refund,
  sweepIn,
  told,
} from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
await connectWebhooks(test);
const shop = await openShop(test, { price: { amount: 2000, currency: 'EUR' } });
const { tenantId, buyer } = shop;
const basic = { token: shop.owner.token, body: { name: 'Basic', code: 'basic', rank: 0 } };
await test.call('POST', `memberships/tenant/${tenantId}/tiers`, basic);
await test.call('POST', `tenants/${tenantId}/membership/join`, { token: buyer.token });
const names = Array.from({ length: 90 }, (_, n) => `SALE-${n}`);
const code = () => names.pop() as string;
const coupon = (fields: Record<string, unknown> = {}) => makeCoupon(test, shop, fields);
const uses = (couponId: string) => usesOf(test, shop, couponId);
const using = (couponCode: string, more: object = {}) => ({ body: { couponCode, ...more } });

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

describe('a coupon in a payment', () => {
  it('is reserved while the payment is open, and redeemed when it succeeds', async () => {
    const { id, code: couponCode } = await coupon({ code: code(), maxRedemptions: 2, maxPerUser: 1 });
    const { payment, clientSecret } = await begin(test, shop, using(couponCode.toLowerCase()));
    expect(payment).toMatchObject({ subtotal: 2000, discount: 200, amount: 1800 });
    expect(payment.coupon).toMatchObject({ couponId: id, code: couponCode, discount: 200 });
    expect(payment.coupons).toEqual([payment.coupon]);
    expect(await uses(id)).toEqual([0, 1, 0]);
    await confirm(test, clientSecret);
    await told(test);
    expect((await readPayment(test, shop, payment.id)).status).toBe('succeeded');
    expect(await uses(id)).toEqual([0, 0, 1]);
    expect(reasonsOf(await order(test, shop, using(couponCode)))).toEqual(['CUSTOMER_LIMIT']);
  });

  it.each(['cancel', 'expire', 'refuse'])('comes back when the payment does not succeed: %s', async (how) => {
    const { id, code: couponCode } = await coupon({ code: code(), maxRedemptions: 1, maxPerUser: 1 });
    const { payment, clientSecret } = await begin(test, shop, using(couponCode));
    if (how === 'refuse') {
      await confirm(test, clientSecret, CARDS.declined);
      await told(test);
      // The buyer may try another card: until the payment is over, it is theirs.
      expect((await readPayment(test, shop, payment.id)).status).toBe('failed');
      expect(await uses(id)).toEqual([0, 1, 0]);
    }
    if (how === 'cancel') await cancel(test, payment.id, buyer.token);
    else await sweepIn(test, 31);
    expect(await uses(id)).toEqual([0, 0, 0]);
    const again = await buy(test, shop, using(couponCode));
    expect(again.discount).toBe(200);
  });

  it('comes back with a full refund, stays with a partial one, and a dry run lists it', async () => {
    const { id, code: couponCode } = await coupon({ code: code(), maxRedemptions: 1 });
    const payment = await buy(test, shop, using(couponCode));
    const { token } = shop.owner;
    expect((await refund(test, payment.id, { token, amount: 800 })).status).toBe(201);
    await told(test);
    expect(await uses(id)).toEqual([0, 0, 1]);
    const dry = await refund(test, payment.id, { token, query: '?dryRun=true' });
    expect(dry.body.data.effects.map(({ kind }: { kind: string }) => kind)).toContain('coupon');
    expect((await refund(test, payment.id, { token })).status).toBe(201);
    await told(test);
    expect(await uses(id)).toEqual([0, 0, 0]);
    const claims = await test.call('GET', `coupons/${tenantId}/claims?couponId=${id}`, { token });
    expect(claims.body.data[0]).toMatchObject({ status: 'released', releaseReason: 'refund' });
  });

  it('stays used when the charge is lost to a dispute', async () => {
    const { id, code: couponCode } = await coupon({ code: code(), maxRedemptions: 1 });
    const { payment, card } = await begin(test, shop, using(couponCode));
    await confirm(test, card.clientSecret);
    await told(test);
    const dispute = await test.sandbox.call('disputes', { payment_intent: card.paymentIntentId });
    await test.sandbox.call(`disputes/${dispute.id}/close`, { outcome: 'lost' });
    await told(test);
    expect(await uses(id)).toEqual([0, 0, 1]);
    const [row] = await sql`select status from disputes where payment_id = ${payment.id}`;
    expect(row).toEqual({ status: 'lost' });
  });

  it('of 100 % needs no processor', async () => {
    const { id, code: couponCode } = await coupon({ code: code(), percentOff: 100 });
    const { payment, card } = await begin(test, shop, using(couponCode));
    expect(payment).toMatchObject({ amount: 0, discount: 2000, status: 'succeeded', provider: 'none' });
    expect(card).toBeUndefined();
    expect(await uses(id)).toEqual([0, 0, 1]);
  });

  it('leaves no less than can be charged', async () => {
    const fields = { kind: 'amount', amountOff: 1980, currency: 'EUR' };
    const { id, code: couponCode } = await coupon({ code: code(), ...fields });
    expectRefusal(await order(test, shop, using(couponCode)), 422, 'AMOUNT_TOO_SMALL');
    expect(await uses(id)).toEqual([0, 0, 0]);
  });

  it('for a product makes one of it free, where it is bought', async () => {
    const { id: other } = await shop.sell({ name: 'Mug', price: { amount: 900, currency: 'EUR' } });
    const { code: couponCode } = await coupon({ code: code(), kind: 'product', productId: other });
    expect(reasonsOf(await order(test, shop, using(couponCode)))).toEqual(['PRODUCT_REQUIRED']);
    const items = [
      { productId: shop.productId, quantity: 1 },
      { productId: other, quantity: 3 },
    ];
    const { payment } = await begin(test, shop, { ...using(couponCode), items });
    expect(payment).toMatchObject({ subtotal: 4700, discount: 900 });
  });

  it('for some products takes off those alone', async () => {
    const { id: other } = await shop.sell({ name: 'Cup', price: { amount: 1000, currency: 'EUR' } });
    const { code: couponCode } = await coupon({ code: code(), percentOff: 50, productIds: [other] });
    const items = [
      { productId: shop.productId, quantity: 2 },
      { productId: other, quantity: 1 },
    ];
    const { payment } = await begin(test, shop, { ...using(couponCode), items });
    expect(payment.discount).toBe(500);
  });

  it.each([
    [{ couponCode: 'A-B-C', claimId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071' }],
    [{ couponCode: 'A-B-C', coupons: [{ code: 'A-B-C' }] }],
    [{ coupons: Array.from({ length: 31 }, (_, n) => ({ code: `CODE-${n}` })) }],
    [{ coupons: [{ code: 'A-B-C', claimId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071' }] }],
    [{ coupons: [{}] }],
  ])('is named in one way: %j', async (body) => {
    expectRefusal(await order(test, shop, { body }), 400, 'VALIDATION_ERROR');
  });
});

describe('a claim in a payment', () => {
  it('is used, and counts once', async () => {
    const { id: couponId } = await coupon({ maxRedemptions: 1, maxPerUser: 1 });
    const { id: claimId } = await claimed(test, { tenantId, couponId, token: buyer.token });
    const payment = await buy(test, shop, { body: { claimId } });
    expect(payment.coupon).toMatchObject({ couponId, claimId, discount: 200 });
    expect(await uses(couponId)).toEqual([0, 0, 1]);
    expect(reasonsOf(await order(test, shop, { body: { claimId } }))).toEqual(['CLAIM_NOT_OPEN']);
  });

  it('is the one that its holder has, when they type the code', async () => {
    const { id: couponId, code: couponCode } = await coupon({ code: code(), maxRedemptions: 1, maxPerUser: 1 });
    const { id: claimId } = await claimed(test, { tenantId, couponId, token: buyer.token });
    const { payment } = await begin(test, shop, using(couponCode));
    expect(payment.coupon).toMatchObject({ claimId });
    expect(await uses(couponId)).toEqual([0, 1, 0]);
  });

  it('of somebody else is as if it did not exist, and one that ran out is refused', async () => {
    const { id: couponId } = await coupon({ claimTtlSeconds: 1 });
    const { id: claimId } = await claimed(test, { tenantId, couponId, token: buyer.token });
    const { token } = await newMember(test, tenantId);
    const [theirs, nobodys] = await Promise.all(
      [claimId, tenantId].map((id) => order(test, shop, { token, body: { claimId: id } })),
    );
    expect(theirs?.body.error.details).toEqual(nobodys?.body.error.details);
    expect(reasonsOf(theirs as never)).toEqual(['NOT_FOUND']);
    const late = await order(test, shop, { body: { claimId }, clock: new Date(Date.now() + 5000) });
    expect(reasonsOf(late)).toEqual(['CLAIM_NOT_OPEN']);
  });

  it('pays one of two payments that begin at once', async () => {
    const { id: couponId } = await coupon();
    const { id: claimId } = await claimed(test, { tenantId, couponId, token: buyer.token });
    const answers = await Promise.all([1, 2, 3, 4].map(() => order(test, shop, { body: { claimId } })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(await uses(couponId)).toEqual([0, 1, 0]);
  });
});

describe('several coupons (CP8)', () => {
  it('apply in the order in which they are named, each on what is left', async () => {
    const ten = await coupon({ code: code(), stackable: true });
    const five = await coupon({ code: code(), stackable: true, kind: 'amount', amountOff: 500, currency: 'EUR' });
    const named = (...coupons: { code: string }[]) => ({
      body: { coupons: coupons.map((one) => ({ code: one.code })) },
    });
    const first = await begin(test, shop, named(ten, five));
    expect(first.payment.coupons.map(({ discount }: { discount: number }) => discount)).toEqual([200, 500]);
    const second = await begin(test, shop, named(five, ten));
    expect(second.payment.coupons.map(({ discount }: { discount: number }) => discount)).toEqual([500, 150]);
    expect(second.payment).toMatchObject({ discount: 650, amount: 1350, coupon: second.payment.coupons[0] });
  });

  it('are refused when one is not for that, or is named twice', async () => {
    const alone = await coupon({ code: code() });
    const other = await coupon({ code: code(), stackable: true });
    for (const coupons of [
      [alone, other],
      [other, other],
    ]) {
      const answer = await order(test, shop, { body: { coupons: coupons.map((one) => ({ code: one.code })) } });
      expect(reasonsOf(answer)).toEqual(['NOT_STACKABLE']);
    }
  });

  it('never make a total below 0, and what takes nothing off is not used up', async () => {
    const whole = await coupon({ code: code(), stackable: true, percentOff: 100 });
    const more = await coupon({ code: code(), stackable: true, kind: 'amount', amountOff: 500, currency: 'EUR' });
    const { payment } = await begin(test, shop, { body: { coupons: [{ code: whole.code }, { code: more.code }] } });
    expect(payment).toMatchObject({ amount: 0, discount: 2000, status: 'succeeded' });
    expect(payment.coupons).toHaveLength(1);
    expect(await uses(whole.id)).toEqual([0, 0, 1]);
    expect(await uses(more.id)).toEqual([0, 0, 0]);
  });

  it('of which one cannot be used take nothing of the others', async () => {
    const one = await coupon({ code: code(), stackable: true });
    const none = await coupon({ code: code(), stackable: true, active: false });
    const answer = await order(test, shop, { body: { coupons: [{ code: one.code }, { code: none.code }] } });
    expect(answer.body.error.details).toMatchObject({ reasons: ['DISABLED'], index: 1 });
    expect(await uses(one.id)).toEqual([0, 0, 0]);
  });
});

describe('who may know why', () => {
  it('is a member; a stranger gets one answer for every code', async () => {
    const { code: couponCode } = await coupon({ code: code(), minSubtotal: 5000, currency: 'EUR' });
    const stranger = await quickPerson(test);
    const asStranger = async (typed: string) =>
      (await order(test, shop, { token: stranger.token, ...using(typed) })).body.error.details;
    expect(await asStranger(couponCode)).toEqual(await asStranger('NOBODY-HAS-IT'));
    const asMember = await order(test, shop, using(couponCode));
    expect(asMember.body.error.details).toMatchObject({ reasons: ['MIN_AMOUNT'], missing: { amount: 3000 } });
  });

  it('a code of another brand is as if it did not exist', async () => {
    const other = await openShop(test);
    const { code: couponCode } = await makeCoupon(test, other, { code: code() });
    expect(reasonsOf(await order(test, shop, using(couponCode)))).toEqual(['NOT_FOUND']);
  });

  it.each([
    ['S', '\u017f'],
    ['K', '\u212a'],
    ['I', '\u0131'],
    ['A', '\uff21'],
    ['A', '\u0410'],
  ])('what looks like %s is another letter: %s', async (letter, alike) => {
    const tail = code();
    await coupon({ code: `${letter}${tail}` });
    expect(reasonsOf(await order(test, shop, using(`${alike}${tail}`)))).toEqual(['NOT_FOUND']);
  });
});

describe('one person with two accounts (CP9)', () => {
  it('is known by the card that both have paid with', async () => {
    const { id, code: couponCode } = await coupon({ code: code(), maxPerUser: 1 });
    const [first, second, third] = [
      await newMember(test, tenantId),
      await newMember(test, tenantId),
      await newMember(test, tenantId),
    ];
    const card = 'pm_card_mastercard';
    await buy(test, shop, { token: first.token, card, ...using(couponCode) });
    await buy(test, shop, { token: second.token, card });
    await buy(test, shop, { token: third.token, card: 'pm_card_amex' });
    expect(reasonsOf(await order(test, shop, { token: second.token, ...using(couponCode) }))).toEqual([
      'CUSTOMER_LIMIT',
    ]);
    const other = await order(test, shop, { token: third.token, ...using(couponCode) });
    expect(other.status, other.text).toBe(201);
    expect(await uses(id)).toEqual([0, 1, 1]);
    await cancel(test, other.body.data.payment.id, third.token);
  });
});
