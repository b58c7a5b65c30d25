import { beforeAll, describe, expect, it } from 'vitest';
import { COUPON_INVARIANTS } from '../support/coupon-invariants.ts';
import { claimed, makeCoupon, newMember } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { buy, connectWebhooks, openShop } from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { whatBreaks } from '../support/sabotage.ts';
import { startTestApp } from '../support/test-app.ts';

/** The invariants of coupons (G5) are worth what they find: each is broken once here. */
const test = await startTestApp();
const { sql } = openRows(test.url);

beforeAll(async () => {
  await connectWebhooks(test);
  const shop = await openShop(test);
  const { tenantId, owner, productId } = shop;
  const basic = { token: owner.token, body: { name: 'Basic', code: 'basic', rank: 0 } };
  await test.call('POST', `memberships/tenant/${tenantId}/tiers`, basic);
  const budgets = [{ measure: 'redemptions', period: 'day', limit: 100 }];
  const { code: couponCode } = await makeCoupon(test, shop, { code: 'SALE-1', budgets, maxRedemptions: 10 });
  await buy(test, shop, { body: { couponCode } });
  const gift = await makeCoupon(test, shop, { kind: 'product', productId });
  const { token } = await newMember(test, tenantId);
  const { code } = await claimed(test, { tenantId, couponId: gift.id, token });
  const given = await test.call('POST', `coupons/${tenantId}/redeem`, {
    token: owner.token,
    body: { claimCode: code },
  });
  expect(given.status, given.text).toBe(201);
  const price = { amount: 1000, currency: 'EUR', interval: 'month' };
  const monthly = { token: owner.token, body: { name: 'Gold', code: 'gold', rank: 5, price } };
  const tier = await test.call('POST', `memberships/tenant/${tenantId}/tiers`, monthly);
  const body = { tenantId, tierId: tier.body.data.id, couponCode };
  const begun = await test.call('POST', 'stripe/subscribe', { token, body });
  expect(begun.status, begun.text).toBe(201);
  await sql`insert into promotion_codes (tenant_id, id, coupon_id, code, code_key, single_use, created_at)
    values (${tenantId}, uuidv7(), ${gift.id}, 'ONCE', 'ONCE', true, now())`;
});

const SABOTAGE: Record<keyof typeof COUPON_INVARIANTS, string[]> = {
  'a coupon is used no more often than it may be': [
    'alter table coupon_counters drop constraint coupon_counters_most_check',
    'update coupon_counters set max_redemptions = 0 where redeemed > 0',
  ],
  'the counters of a coupon are its uses': ['update coupon_counters set reserved = reserved + 1'],
  'the uses of a person are those of their claims': ['update coupon_uses set used = used + 1'],
  'what is used of a budget is what its redemptions took': ['delete from coupon_budget_uses'],
  'a code for one person is used by one use, and only then': [
    'update promotion_codes set used_at = now() where single_use',
  ],
  'the code of a coupon is its own in the table of codes': ['delete from promotion_codes where not single_use'],
  'the discount of a payment is that of its coupons': [
    'update payments set discount = discount + 1, amount = amount - 1 where coupon is not null',
  ],
  'each coupon of a payment is a use of it, with its discount': [
    'update coupon_claims set discount = discount - 1 where payment_id is not null',
  ],
  'a use is where its payment is': [
    `update coupon_claims set status = 'reserved' where payment_id is not null and status = 'redeemed'`,
  ],
  'a use that a subscription holds waits for its first payment': [
    `update subscriptions set status = 'canceled' where status = 'incomplete'`,
  ],
  'what a payment uses of coupons is in its effects': [`delete from effects where kind = 'coupon'`],
  'what is owned by a coupon is what the effects of its claim say': [
    `delete from effects where cause_type = 'claim' and kind = 'product'`,
  ],
  'one coupon.redeemed for each use that was redeemed, one coupon.released for each that was given back': [
    `delete from events where type = 'coupon.redeemed'`,
  ],
};

describe('the checker of invariants', () => {
  it('finds nothing where all is right', async () => {
    expect(await findBroken(sql)).toEqual([]);
  });

  it.each(Object.keys(COUPON_INVARIANTS))('notices when it is broken that %s', async (name) => {
    expect(await whatBreaks(sql, { statements: SABOTAGE[name] ?? [] })).toContain(name);
  });
});
