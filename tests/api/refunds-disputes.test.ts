import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import { makeKey } from '../support/keys.ts';
import {
  buy,
  connectWebhooks,
  eventOf,
  openShop,
  ownedBy,
  readPayment,
  refund,
  type Shop,
  stockOf,
  tell,
  told,
} from '../support/payments.ts';
import { quickMember } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);
const { stripe, control } = test.sandbox;
let shop: Shop;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test, { stock: 1000 });
});

afterAll(async () => {
  await told(test);
  await checkInvariants(sql, { stock: { [shop.productId]: 1000 } });
  await checkProcessor(sql, stripe);
});

const intentOf = async (id: string): Promise<string> =>
  (await sql`select intent_id from payments where id = ${id}`)[0]?.['intent_id'];
const held = async () => [await stockOf(test, shop), await ownedBy(test, shop)];
const list = (token = shop.owner.token, query = '') =>
  call('GET', `payments/tenant/${shop.tenantId}/disputes?${query}`, { token });
const disputesOf = async (id: string) =>
  (await list(undefined, 'limit=100')).body.data.filter(({ paymentId }: { paymentId: string }) => paymentId === id);

async function contest(reason?: 'fraudulent' | 'product_not_received' | 'inquiry') {
  const { id } = await buy(test, shop);
  const dispute = control.dispute({ charge: await intentOf(id), ...(reason && { reason }) });
  await told(test);
  return { id, dispute };
}

describe('a dispute', () => {
  it('is recorded, and takes nothing back while it is open', async () => {
    const { id } = await buy(test, shop);
    const before = await held();
    control.dispute({ charge: await intentOf(id), reason: 'product_not_received' });
    await told(test);
    const about = { paymentId: id, amount: 1500, currency: 'EUR', reason: 'product_not_received' };
    expect(await disputesOf(id)).toMatchObject([{ ...about, status: 'needs_response' }]);
    expect(await held()).toEqual(before);
    expect(await readPayment(test, shop, id)).toMatchObject({ status: 'succeeded', refundStatus: 'none' });
  });

  it('that is lost takes back what was bought, once', async () => {
    const [stock = 0, owned = 0] = (await held()) as number[];
    const { id, dispute } = await contest();
    expect(await held()).toEqual([stock - 1, owned + 1]);
    control.duplicate(5);
    control.closeDispute({ id: dispute.id, isWon: false });
    await told(test);
    control.duplicate(0);
    expect(await disputesOf(id)).toMatchObject([{ status: 'lost' }]);
    expect(await held()).toEqual([stock, owned]);
    // The money went by the dispute, not by a refund.
    expect(await readPayment(test, shop, id)).toMatchObject({ status: 'succeeded', refundedAmount: 0 });
    const [effect] = await sql`select distinct taken_back_by from effects where cause_id = ${id}`;
    expect(effect?.['taken_back_by']).toBe(`dispute:${(await disputesOf(id))[0].id}`);
  });

  it('that is won leaves everything as it was', async () => {
    const { id, dispute } = await contest();
    const before = await held();
    await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: 'They have it.' } });
    await told(test);
    expect(await disputesOf(id)).toMatchObject([{ status: 'under_review' }]);
    control.closeDispute({ id: dispute.id, isWon: true });
    await told(test);
    expect(await disputesOf(id)).toMatchObject([{ status: 'won' }]);
    expect(await held()).toEqual(before);
  });

  it('that only inquires is recorded', async () => {
    const { id, dispute } = await contest('inquiry');
    expect(await disputesOf(id)).toMatchObject([{ reason: 'general', status: 'warning_needs_response' }]);
    control.closeDispute({ id: dispute.id, isWon: true });
    await told(test);
    expect(await disputesOf(id)).toMatchObject([{ status: 'warning_closed' }]);
  });

  it('that comes with the very payment is recorded after it', async () => {
    const { id } = await buy(test, shop, { card: 'pm_card_createDispute' });
    expect(await disputesOf(id)).toMatchObject([{ status: 'needs_response', reason: 'fraudulent' }]);
  });

  it('that is told late never brings back an earlier state', async () => {
    const { id, dispute } = await contest();
    await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: 'They have it.' } });
    await told(test);
    await tell(test, eventOf('charge.dispute.created', { ...dispute, status: 'needs_response' }));
    expect(await disputesOf(id)).toMatchObject([{ status: 'under_review' }]);
    control.closeDispute({ id: dispute.id, isWon: true });
    await told(test);
    for (const status of ['needs_response', 'under_review', 'lost']) {
      await tell(test, eventOf('charge.dispute.updated', { ...dispute, status }));
    }
    expect(await disputesOf(id)).toMatchObject([{ status: 'won' }]);
    const inquiry = await contest('inquiry');
    control.closeDispute({ id: inquiry.dispute.id, isWon: true });
    await told(test);
    await tell(test, eventOf('charge.dispute.created', inquiry.dispute));
    expect(await disputesOf(inquiry.id)).toMatchObject([{ status: 'warning_closed' }]);
  });

  it('told backwards ends lost, with all taken back', async () => {
    const { id } = await buy(test, shop);
    const [stock = 0] = (await held()) as number[];
    control.pause();
    const dispute = control.dispute({ charge: await intentOf(id) });
    control.closeDispute({ id: dispute.id, isWon: false });
    control.resume('reverse');
    await told(test);
    expect(await disputesOf(id)).toMatchObject([{ status: 'lost' }]);
    expect(await stockOf(test, shop)).toBe(stock + 1);
  });

  it('of what was given back already takes nothing a second time', async () => {
    const { id } = await buy(test, shop);
    await refund(test, id, { token: shop.owner.token });
    await told(test);
    const before = await held();
    const dispute = {
      object: 'dispute',
      id: 'du_late',
      amount: 1500,
      currency: 'eur',
      reason: 'fraudulent',
      created: 1,
    };
    const about = { ...dispute, payment_intent: await intentOf(id), status: 'lost' };
    await tell(test, eventOf('charge.dispute.closed', about));
    expect(await disputesOf(id)).toMatchObject([{ status: 'lost' }]);
    expect(await held()).toEqual(before);
  });

  it('of a charge that is none of ours is kept nowhere', async () => {
    const before = (await list(undefined, 'limit=100')).body.data.length;
    const dispute = {
      object: 'dispute',
      id: 'du_none',
      amount: 900,
      currency: 'eur',
      reason: 'fraudulent',
      created: 1,
    };
    for (const payment_intent of ['pi_none', null]) {
      const about = { ...dispute, payment_intent, status: 'needs_response' };
      expect((await tell(test, eventOf('charge.dispute.created', about))).status).toBe(200);
    }
    expect((await list(undefined, 'limit=100')).body.data).toHaveLength(before);
  });
});

describe('the disputes of a brand', () => {
  it('are for its team, newest first, page by page', async () => {
    const place = await openShop(test);
    const ids: string[] = [];
    for (let made = 0; made < 3; made += 1) {
      const { id } = await buy(test, place);
      control.dispute({ charge: await intentOf(id) });
      control.advance(1);
      await told(test);
      ids.unshift(id);
    }
    const path = `payments/tenant/${place.tenantId}/disputes`;
    const paymentsOf = (answer: Awaited<ReturnType<typeof call>>) =>
      answer.body.data.map(({ paymentId }: { paymentId: string }) => paymentId);
    const staff = await quickMember(test, place.tenantId, 'staff');
    expect(paymentsOf(await call('GET', path, { token: staff.token }))).toEqual(ids);
    const key = await makeKey(test, place, { scopes: ['read'] });
    const first = await call('GET', `${path}?limit=2`, { token: key.key });
    const rest = await call('GET', `${path}?limit=2&cursor=${first.body.meta.nextCursor}`, { token: key.key });
    expect([...paymentsOf(first), ...paymentsOf(rest)]).toEqual(ids);
    for (const { token } of [place.buyer, shop.owner]) {
      const foreign = await call('GET', path, { token });
      expectRefusal(foreign, 404, 'NOT_FOUND');
      const missing = await call('GET', path.replace(place.tenantId, place.productId), { token });
      expect(comparable(foreign)).toEqual(comparable(missing));
    }
    expectRefusal(await call('GET', path), 401);
  });
});
