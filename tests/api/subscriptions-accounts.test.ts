import { beforeAll, describe, expect, it } from 'vitest';
import { reconcileEvents } from '#src/stripe-events/reconcile-events.ts';
import { checkSubscriptions } from '#src/subscriptions/check-subscriptions.ts';
import { expectRefusal } from '../support/refusals.ts';
import { type Club, openClubs, type Subscriber, type Tier, type Who } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { test, sql, stripe, person, ask, data, club: newClub, tierIn, begun, pay, read, settle, toPeriodEnd } = clubs;
const { advance, membershipOf, paymentsOf, atProcessor, decline } = clubs;

const newAccount = async () => (await stripe.accounts.create({ type: 'standard', country: 'DE' })).id;
const platformAdmin = async () => {
  const who = await person('platform');
  await sql`update users set platform_role = 'admin' where id = ${who.userId}`;
  return who;
};
const setAccount = async ({ tenantId }: Pick<Club, 'tenantId'>, stripeAccountId: string | null) =>
  ask(await platformAdmin(), 'PUT', `tenants/${tenantId}/stripe-account`, { body: { stripeAccountId } });

let account: string;
let club: Club;
let tier: Tier;

beforeAll(async () => {
  account = await newAccount();
  club = await newClub();
  const set = await setAccount(club, account);
  expect(set.status, set.text).toBe(200);
  expect(set.body.data.stripeAccountId).toBe(account);
  tier = await tierIn(club);
});

async function paidThere(who?: Who, at = account, of = tier): Promise<Subscriber> {
  const subscriber = await begun(of, who);
  const answer = await pay(subscriber, undefined, at);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  await settle();
  return subscriber;
}

describe('a brand with an account of its own', () => {
  it('is paid there: customer, price, subscription and money', async () => {
    const subscriber = await paidThere();
    expect(await read(subscriber)).toMatchObject({
      subscription: { status: 'active' },
      membership: { status: 'active' },
    });
    const { subscription, options } = await atProcessor(subscriber);
    expect(options).toEqual({ stripeAccount: account });
    expect(await stripe.subscriptions.retrieve(subscription.id).catch(({ code }) => code)).toBe('resource_missing');
    const [payment] = await sql`select account, intent_id from payments where subscription_id = ${subscriber.id}`;
    expect(payment?.['account']).toBe(account);
    const intent = await stripe.paymentIntents.retrieve(String(payment?.['intent_id']), {}, options);
    expect(intent).toMatchObject({ status: 'succeeded', amount_received: 1000 });
    const told = await sql`select distinct account from stripe_events where status = 'succeeded'`;
    expect(told).toEqual([{ account }]);
  });

  it('renews there, fails there, and recovers', async () => {
    const subscriber = await paidThere();
    await toPeriodEnd(subscriber);
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
    await decline(subscriber, 1);
    await toPeriodEnd(subscriber);
    expect((await read(subscriber)).membership.status).toBe('past_due');
    await advance({ days: 2 });
    await settle();
    expect((await read(subscriber)).membership.status).toBe('active');
    expect(await paymentsOf(subscriber.who)).toHaveLength(3);
  });

  it('is changed, canceled, resumed and refunded there', async () => {
    const better = await tierIn(club, { price: { amount: 3000, currency: 'EUR', interval: 'month' } });
    const subscriber = await paidThere();
    const path = `stripe/subscriptions/${subscriber.id}`;
    const changed = await ask(subscriber.who, 'POST', `${path}/change`, { body: { tierId: better.id } });
    expect(changed.body.data?.membership.tier.id, changed.text).toBe(better.id);
    expect((await ask(subscriber.who, 'POST', `${path}/cancel`)).body.data.subscription.cancelAtPeriodEnd).toBe(true);
    expect((await ask(subscriber.who, 'POST', `${path}/resume`)).body.data.subscription.cancelAtPeriodEnd).toBe(false);
    await toPeriodEnd(subscriber);
    const latest = (await paymentsOf(subscriber.who)).at(-1);
    expect(latest.amount).toBe(3000);
    const refund = await ask(club.owner, 'POST', `payments/refund/${latest.id}`, { body: {} });
    expect(refund.status, refund.text).toBe(201);
    await settle();
    expect((await membershipOf(subscriber.who, club.tenantId)).member).toBe(false);
    await test.runJobs();
    expect((await atProcessor(subscriber)).subscription.status).toBe('canceled');
    await settle();
  });

  it('sells products and tiers for good there', async () => {
    const who = await person();
    const body = { name: 'Beans', price: { amount: 1500, currency: 'EUR' }, status: 'active' };
    const headers = { 'x-tenant-id': club.tenantId };
    const product = await data(ask(club.owner, 'POST', 'tenants/brand/products', { body, headers }));
    const items = [{ productId: product.id, quantity: 2 }];
    const created = await data(ask(who, 'POST', 'payments/create', { body: { tenantId: club.tenantId, items } }));
    await pay(created.card, undefined, account);
    const forever = await tierIn(club, { price: { amount: 5000, currency: 'EUR', interval: 'one_time' } });
    const once = await data(
      ask(who, 'POST', 'stripe/subscribe', { body: { tenantId: club.tenantId, tierId: forever.id } }),
    );
    await pay(once, undefined, account);
    await settle();
    const payments = await paymentsOf(who);
    expect(payments.map(({ status, amount }: any) => [status, amount])).toEqual([
      ['succeeded', 3000],
      ['succeeded', 5000],
    ]);
    expect((await membershipOf(who, club.tenantId)).membership.tier.id).toBe(forever.id);
    const refund = await ask(club.owner, 'POST', `payments/refund/${created.payment.id}`, { body: { amount: 500 } });
    expect(refund.status, refund.text).toBe(201);
    await settle();
    expect((await paymentsOf(who))[0]).toMatchObject({ refundStatus: 'partial', refundedAmount: 500 });
  });

  it('hears of it without webhooks, too', async () => {
    await reconcileEvents(test.deps);
    test.sandbox.control.pause();
    const subscriber = await begun(tier);
    await pay(subscriber, undefined, account);
    expect((await read(subscriber)).subscription.status).toBe('incomplete');
    expect(await reconcileEvents(test.deps)).toBeGreaterThan(0);
    expect((await read(subscriber)).membership.status).toBe('active');
    test.sandbox.control.resume();
    await settle();
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
  });
});

describe('a brand that changes its account', () => {
  it('is paid where each subscription began; what is new begins at the new one', async () => {
    const [first, second] = [await newAccount(), await newAccount()];
    const brand = await newClub();
    await setAccount(brand, first);
    const monthly = await tierIn(brand);
    const better = await tierIn(brand, { price: { amount: 3000, currency: 'EUR', interval: 'month' } });
    const old = await paidThere(undefined, first, monthly);
    await setAccount(brand, second);
    const young = await paidThere(undefined, second, monthly);
    await setAccount(brand, null);
    const begunHere = await begun(monthly);
    await pay(begunHere);
    await settle();
    await advance({ days: 32 });
    await settle();
    const accounts = async ({ id }: Subscriber) =>
      (await sql`select account from payments where subscription_id = ${id}`).map(({ account: one }) => one);
    expect(await accounts(old)).toEqual([first, first]);
    expect(await accounts(young)).toEqual([second, second]);
    expect(await accounts(begunHere)).toEqual([null, null]);
    const path = `stripe/subscriptions/${old.id}`;
    const changed = await ask(old.who, 'POST', `${path}/change`, { body: { tierId: better.id } });
    expect(changed.body.data?.subscription.tierId, changed.text).toBe(better.id);
    expect((await ask(old.who, 'POST', `${path}/cancel`, { body: { atPeriodEnd: false } })).status).toBe(200);
    await settle();
    // The same person begins anew, as another customer, on the account of now.
    const again = await begun(monthly, old.who);
    await pay(again);
    await settle();
    expect((await read(again)).membership.status).toBe('active');
    const customers =
      await sql`select account from stripe_customers where user_id = ${old.who.userId} order by account`;
    expect(customers.map(({ account: one }) => one)).toEqual(['', first]);
  });

  it('still asks the old one how its subscriptions stand', async () => {
    const first = await newAccount();
    const brand = await newClub();
    await setAccount(brand, first);
    const monthly = await tierIn(brand);
    const subscriber = await paidThere(undefined, first, monthly);
    await setAccount(brand, null);
    test.sandbox.control.pause();
    await advance({ days: 32 });
    await checkSubscriptions(test.deps);
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
    const { subscription, membership } = await read(subscriber);
    expect(membership.expiresAt).toBe(subscription.currentPeriodEnd);
    test.sandbox.control.resume();
    await settle();
    expect(await paymentsOf(subscriber.who)).toHaveLength(2);
  });

  it('still reads what the old one has to tell, when nobody tells it', async () => {
    const first = await newAccount();
    const brand = await newClub();
    await setAccount(brand, first);
    const subscriber = await paidThere(undefined, first, await tierIn(brand));
    await reconcileEvents(test.deps);
    await setAccount(brand, null);
    test.sandbox.control.pause();
    const [payment] = await paymentsOf(subscriber.who);
    const [{ intent_id: intent } = {}] = await sql`select intent_id from payments where id = ${payment?.id ?? ''}`;
    await stripe.refunds.create({ payment_intent: String(intent) }, { stripeAccount: first });
    expect(await reconcileEvents(test.deps)).toBeGreaterThan(0);
    expect((await paymentsOf(subscriber.who))[0]).toMatchObject({ refundStatus: 'full' });
    test.sandbox.control.resume();
    await settle();
  });

  it('refuses an account that it may not use, and one that another brand has', async () => {
    const brand = await newClub();
    expect((await setAccount(brand, account)).status).toBe(409);
    expect((await setAccount(brand, 'acct_unknown')).status).toBeGreaterThanOrEqual(400);
    expectRefusal(
      await ask(await person(), 'PUT', `tenants/${brand.tenantId}/stripe-account`, {
        body: { stripeAccountId: null },
      }),
      404,
      'NOT_FOUND',
    );
  });
});
