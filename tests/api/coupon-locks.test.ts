import { afterEach, describe, expect, it, vi } from 'vitest';
import { claim, claimed, makeCoupon, reasonsOf, usesOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { holdLock, outsideSession, waitForBlocked } from '../support/outside-session.ts';
import { begin, cancel, inMinutes, openShop, order } from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const sql = outsideSession(test.url);
const shop = await openShop(test, { price: { amount: 2000, currency: 'EUR' }, stock: 50 });
const { tenantId, owner, buyer } = shop;
const names = Array.from({ length: 40 }, (_, n) => `LOCK-${n}`);
const coupon = (fields: Record<string, unknown> = {}) => makeCoupon(test, shop, { code: names.pop(), ...fields });

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

const isFree = async (statement: string) => {
  const tried = await sql.unsafe(`${statement} for no key update skip locked`);
  return tried.length === 1;
};

const untilTaken = (statement: string) => vi.waitFor(async () => expect(await isFree(statement)).toBe(false));

/** Two coupons that can be used together, by their ids. */
async function pair() {
  const budgets = [{ measure: 'redemptions', period: 'all', limit: 50 }];
  const two = [await coupon({ stackable: true, budgets }), await coupon({ stackable: true, budgets })];
  const [first, second] = two.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { first, second, body: { coupons: [second, first].map(({ code }) => ({ code })) } };
}

const usesRow = (couponId: string, identity: string) =>
  `select 1 from coupon_uses where scope_id = '${couponId}' and identity like '${identity}%'`;
const budgetRow = (couponId: string) => `select 1 from coupon_budget_uses where coupon_id = '${couponId}'`;
const counterRow = (couponId: string) => `select 1 from coupon_counters where coupon_id = '${couponId}'`;

describe('rows that many wait for', () => {
  it('are given back in the order in which they are taken', async () => {
    const { first, second, body } = await pair();
    const { id } = await begin(test, shop, { body });
    const uses = await holdLock(sql, `${usesRow(first.id, 'user:')} for update`);
    const canceling = cancel(test, id, buyer.token);
    await waitForBlocked(sql, 1);
    expect(await isFree(usesRow(first.id, 'email:'))).toBe(false);
    expect(await isFree(usesRow(second.id, 'email:'))).toBe(true);
    const budget = await holdLock(sql, `${budgetRow(second.id)} for update`);
    await uses.release();
    await untilTaken(budgetRow(first.id));
    expect(await isFree(counterRow(first.id))).toBe(true);
    await budget.release();
    expect((await canceling).status).toBe(200);
    for (const one of [first, second]) expect(await usesOf(test, shop, one.id)).toEqual([0, 0, 0]);
  });

  it('are taken kind by kind, and the counters last', async () => {
    const { first, second, body } = await pair();
    const { id } = await begin(test, shop, { body });
    const uses = await holdLock(sql, `${usesRow(second.id, 'user:')} for update`);
    const paying = order(test, shop, { body });
    await waitForBlocked(sql, 1);
    expect(await isFree(usesRow(first.id, 'user:'))).toBe(false);
    expect(await isFree(budgetRow(first.id))).toBe(true);
    const budget = await holdLock(sql, `${budgetRow(second.id)} for update`);
    await uses.release();
    await untilTaken(budgetRow(first.id));
    expect(await isFree(counterRow(first.id))).toBe(true);
    await budget.release();
    const paid = await paying;
    expect(paid.status, paid.text).toBe(201);
    for (const payment of [id, paid.body.data.payment.id]) await cancel(test, payment, buyer.token);
  });

  it('are not held while others are waited for: what has run out is given back before', async () => {
    const late = await coupon({ maxRedemptions: 9, claimTtlSeconds: 60 });
    await claimed(test, { tenantId, couponId: late.id, token: (await newPerson()).token });
    const stock = await holdLock(sql, `select 1 from products where id = '${shop.productId}' for update`);
    const paying = order(test, shop, { body: { couponCode: late.code }, clock: inMinutes(2) });
    await waitForBlocked(sql, 1);
    expect(await usesOf(test, shop, late.id)).toEqual([0, 0, 0]);
    expect(await isFree(counterRow(late.id))).toBe(true);
    await stock.release();
    expect((await paying).status).toBe(201);
  });

  it('the stock comes before them at the till, too', async () => {
    const { id: couponId } = await coupon({ kind: 'product', productId: shop.productId });
    const { code: claimCode } = await claimed(test, { tenantId, couponId, token: buyer.token });
    const stock = await holdLock(sql, `select 1 from products where id = '${shop.productId}' for update`);
    const redeeming = test.call('POST', `coupons/${tenantId}/redeem`, { token: owner.token, body: { claimCode } });
    await waitForBlocked(sql, 1);
    expect(await isFree(counterRow(couponId))).toBe(true);
    await stock.release();
    expect((await redeeming).status).toBe(201);
  });
});

const newPerson = () => quickPerson(test);

describe('a coupon that is deleted at this very moment', () => {
  const deleting = (couponId: string) => holdLock(sql, `delete from coupons where id = '${couponId}'`);

  it('is a 404 for who claims it, and for who makes codes for it', async () => {
    const { id: couponId } = await coupon();
    const end = await deleting(couponId);
    const claiming = claim(test, { tenantId, couponId, token: buyer.token });
    const body = { count: 3, pattern: 'AB-########' };
    const making = test.call('POST', `coupons/${tenantId}/${couponId}/codes`, { token: owner.token, body });
    await waitForBlocked(sql, 2);
    await end.release();
    expectRefusal(await claiming, 404, 'NOT_FOUND');
    expectRefusal(await making, 404, 'NOT_FOUND');
  });

  it('is no coupon for who pays with it', async () => {
    const { id: couponId, code: couponCode } = await coupon();
    const end = await deleting(couponId);
    const paying = order(test, shop, { body: { couponCode } });
    await waitForBlocked(sql, 1);
    await end.release();
    const refused = await paying;
    expectRefusal(refused, 409, 'COUPON_NOT_ELIGIBLE');
    expect(reasonsOf(refused)).toEqual(['NOT_FOUND']);
  });
});

/** Claims of other people that have run out before, and nobody has come by. */
async function fillOverdue(couponId: string, count: number): Promise<void> {
  await sql`with people as (
      insert into users (id, email, name, platform_role, created_at, updated_at)
      select uuidv7(), n || '-of-' || ${couponId} || '@example.org', 'Somebody', 'user', now(), now()
      from generate_series(1, ${count}) as n returning id)
    insert into coupon_claims (tenant_id, id, coupon_id, user_id, code, status, claimed_at, expires_at, uses, budgets)
    select ${tenantId}, uuidv7(), ${couponId}, id, id::text, 'claimed', now() - interval '3 hours',
      now() - interval '2 hours', '[]', '[]' from people`;
  await sql`update coupon_counters set claimed = claimed + ${count} where coupon_id = ${couponId}`;
}

describe('who comes back after their claim has run out', () => {
  it('gets another one, however many others have run out before', async () => {
    const { id: couponId } = await coupon({ maxPerUser: 1, maxRedemptions: 600, claimTtlSeconds: 60 });
    const { token } = await newPerson();
    await claimed(test, { tenantId, couponId, token });
    await fillOverdue(couponId, 450);
    const again = await claim(test, { tenantId, couponId, token, clock: inMinutes(2) });
    expect(again.status, again.text).toBe(201);
  });

  it('under another name, too', async () => {
    const { id: couponId } = await coupon({ maxPerUser: 1, claimTtlSeconds: 60 });
    const [one, two] = [await newPerson(), await newPerson()];
    await sql`update users set email = ${one.email.replace('@', '+again@')} where id = ${two.userId}`;
    await claimed(test, { tenantId, couponId, token: one.token });
    expect(reasonsOf(await claim(test, { tenantId, couponId, token: two.token }))).toEqual(['CUSTOMER_LIMIT']);
    const later = await claim(test, { tenantId, couponId, token: two.token, clock: inMinutes(2) });
    expect(later.status, later.text).toBe(201);
  });
});
