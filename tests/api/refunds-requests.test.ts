import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { isReplay, newKey } from '../support/idempotent.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import { makeKey } from '../support/keys.ts';
import {
  buy,
  connectWebhooks,
  openShop,
  ownedBy,
  readPayment,
  refund,
  type Shop,
  secondInstance,
  stockOf,
  sweepIn,
  told,
} from '../support/payments.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);
const { stripe, control } = test.sandbox;
let shop: Shop;
let admin: string;
let buyer: string;

beforeAll(async () => {
  await connectWebhooks(test);
  shop = await openShop(test, { stock: 1000 });
  admin = shop.owner.token;
  buyer = shop.buyer.token;
});

afterAll(async () => {
  await told(test);
  await checkInvariants(sql, { stock: { [shop.productId]: 1000 } });
  await checkProcessor(sql, stripe);
});

const read = (id: string) => readPayment(test, shop, id);
const idsOf = ({ body }: Answer): string[] => body.data.map(({ id }: { id: string }) => id);
const decide = (verb: 'approve' | 'decline', refundId: string, token = admin, headers = {}) =>
  call('POST', `payments/refunds/${refundId}/${verb}`, { token, headers });
const auditOf = async (id: string) =>
  (await sql`select action from audit_entries where target_id = ${id} order by created_at, id`).map(
    ({ action }) => action,
  );

async function ask(input: { amount?: number; reason?: string } = {}) {
  const payment = await buy(test, shop);
  const answer = await refund(test, payment.id, { token: buyer, ...input });
  expect(answer.status, answer.text).toBe(202);
  return { paymentId: payment.id as string, refund: answer.body.data.refund, refundId: answer.body.data.refund.id };
}

describe('a buyer', () => {
  it('asks for their money, and nothing happens until an admin decides', async () => {
    const { refund: asked, paymentId } = await ask({ amount: 600, reason: 'Too bitter' });
    expect(asked).toMatchObject({ paymentId, amount: 600, currency: 'EUR', status: 'requested', reason: 'Too bitter' });
    expect(await read(paymentId)).toMatchObject({ refundStatus: 'none', refundedAmount: 0 });
    await sweepIn(test, 600);
    expect(
      (await stripe.refunds.list({ limit: 100 })).data.filter(({ metadata }) => metadata?.['refundId'] === asked.id),
    ).toEqual([]);
    expect(await auditOf(asked.id)).toEqual([]);
  });

  it('asks for all of it when they say no sum', async () => {
    expect((await ask()).refund.amount).toBe(1500);
  });

  it('asks once at a time, however often at once', async () => {
    const { id } = await buy(test, shop);
    const second = await secondInstance(test);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => refund(index % 2 ? test : second, id, { token: buyer, amount: 100 })),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 202)) expectRefusal(answer, 409, 'REFUND_REQUESTED');
    const [first] = answers.filter(({ status }) => status === 202);
    await decide('decline', first?.body.data.refund.id);
    expect((await refund(test, id, { token: buyer, amount: 200 })).status).toBe(202);
  });

  it('asks again under the same key and gets the same answer', async () => {
    const { id } = await buy(test, shop);
    const key = newKey();
    const first = await refund(test, id, { token: buyer, key });
    const again = await refund(test, id, { token: buyer, key });
    expect([again.status, again.text, isReplay(again)]).toEqual([202, first.text, true]);
  });

  it('asks for no more than is left', async () => {
    const { id } = await buy(test, shop);
    expectRefusal(await refund(test, id, { token: buyer, amount: 1501 }), 409, 'REFUND_EXCEEDS_PAYMENT');
    await refund(test, id, { token: admin, amount: 1000 });
    expectRefusal(await refund(test, id, { token: buyer, amount: 501 }), 409, 'REFUND_EXCEEDS_PAYMENT');
    expect((await refund(test, id, { token: buyer })).body.data.refund.amount).toBe(500);
  });

  it('who works there as staff asks as any other; who is an admin decides at once', async () => {
    for (const [role, status] of [
      ['staff', 202],
      ['admin', 201],
    ] as const) {
      const member = await quickMember(test, shop.tenantId, role);
      const { id } = await buy(test, shop, { token: member.token });
      expect((await refund(test, id, { token: member.token })).status).toBe(status);
    }
  });
});

describe('approving', () => {
  it('gives the money back, and takes back what was bought when nothing is left', async () => {
    const [stock, owned] = [await stockOf(test, shop), await ownedBy(test, shop)];
    const { refundId, paymentId } = await ask();
    const answer = await decide('approve', refundId);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body.data.refund).toMatchObject({ id: refundId, status: 'succeeded', amount: 1500 });
    await told(test);
    expect(await read(paymentId)).toMatchObject({ refundStatus: 'full', refundedAmount: 1500 });
    expect([await stockOf(test, shop), await ownedBy(test, shop)]).toEqual([stock, owned]);
    expect(await auditOf(refundId)).toEqual(['refund.approved']);
  });

  it('again, and 20 times at once, does it once', async () => {
    const { refundId, paymentId } = await ask({ amount: 700 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => decide('approve', refundId)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect((await decide('approve', refundId)).body.data.refund.status).toBe('succeeded');
    await told(test);
    expect((await read(paymentId)).refundedAmount).toBe(700);
    expect(await auditOf(refundId)).toEqual(['refund.approved']);
  });

  it('of all that was paid, 20 times at once, finds it granted, not the payment used up', async () => {
    const { refundId, paymentId } = await ask();
    const answers = await Promise.all(Array.from({ length: 20 }, () => decide('approve', refundId)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await told(test);
    expect((await read(paymentId)).refundStatus).toBe('full');
  });

  it('looks at what is left when it is decided, not when it was asked for', async () => {
    const { refundId, paymentId } = await ask({ amount: 1000 });
    await refund(test, paymentId, { token: admin, amount: 501 });
    const answer = await decide('approve', refundId);
    expectRefusal(answer, 409, 'REFUND_EXCEEDS_PAYMENT');
    expect(answer.body.error.details).toEqual({ left: 999 });
    expect((await decide('decline', refundId)).body.data.refund.status).toBe('declined');
    const smaller = await refund(test, paymentId, { token: buyer, amount: 999 });
    expect((await decide('approve', smaller.body.data.refund.id)).body.data.refund.status).toBe('succeeded');
  });

  it('against another refund of the same money gives it back once', async () => {
    for (let time = 0; time < 5; time += 1) {
      const { refundId, paymentId } = await ask({ amount: 1000 });
      const [approved, made] = await Promise.all([
        decide('approve', refundId),
        refund(test, paymentId, { token: admin, amount: 1000 }),
      ]);
      expect([approved.status, made.status].sort()).toEqual(made.status === 201 ? [201, 409] : [200, 409]);
      await told(test);
      expect((await read(paymentId)).refundedAmount).toBe(1000);
    }
  });

  it('with the processor out of reach is decided all the same: the job makes it', async () => {
    const { refundId, paymentId } = await ask();
    await told(test);
    control.failNext(500, 2);
    expect((await decide('approve', refundId)).body.data.refund.status).toBe('pending');
    expect(await read(paymentId)).toMatchObject({ refundStatus: 'pending', refundedAmount: 0 });
    await sweepIn(test, 1);
    expect((await decide('approve', refundId)).body.data.refund.status).toBe('succeeded');
    await told(test);
    expect(await read(paymentId)).toMatchObject({ refundStatus: 'full' });
  });
});

describe('declining', () => {
  it('leaves the money where it is, and the buyer may ask again', async () => {
    const { refundId, paymentId } = await ask();
    const answer = await decide('decline', refundId);
    expect(answer.body.data.refund).toMatchObject({ id: refundId, status: 'declined' });
    expect((await decide('decline', refundId)).body.data.refund.status).toBe('declined');
    const approving = await decide('approve', refundId);
    expectRefusal(approving, 409, 'REFUND_DECIDED');
    expect(approving.body.error.details).toEqual({ status: 'declined' });
    expect(await auditOf(refundId)).toEqual(['refund.declined']);
    expect((await read(paymentId)).refundStatus).toBe('none');
    const again = await refund(test, paymentId, { token: buyer });
    expect(again.status).toBe(202);
    expect(again.body.data.refund.id).not.toBe(refundId);
    expect((await decide('approve', again.body.data.refund.id)).body.data.refund.status).toBe('succeeded');
    expectRefusal(await decide('decline', again.body.data.refund.id), 409, 'REFUND_DECIDED');
  });

  it('against approving ends as one of the two', async () => {
    for (let time = 0; time < 5; time += 1) {
      const { refundId, paymentId } = await ask();
      const answers = await Promise.all([decide('approve', refundId), decide('decline', refundId)]);
      const [approved, declined] = answers.map(({ status }) => status);
      expect([approved, declined].sort()).toEqual([200, 409]);
      const refused = answers.find(({ status }) => status === 409) as Answer;
      expectRefusal(refused, 409, 'REFUND_DECIDED');
      expect(refused.body.error.details.status).toMatch(approved === 200 ? /pending|succeeded/ : /declined/);
      await told(test);
      expect((await read(paymentId)).refundStatus).toBe(approved === 200 ? 'full' : 'none');
    }
  });
});

describe('who may decide', () => {
  it('is an admin or a key that writes, not the buyer, not staff; strangers find nothing', async () => {
    const { refundId } = await ask();
    const staff = await quickMember(test, shop.tenantId, 'staff');
    const reader = await makeKey(test, shop, { scopes: ['read'] });
    const other = await openShop(test);
    const strangers = [await quickPerson(test), other.owner, { token: (await makeKey(test, other)).key }];
    for (const verb of ['approve', 'decline'] as const) {
      for (const { token } of [staff, shop.buyer]) expectRefusal(await decide(verb, refundId, token), 403, 'FORBIDDEN');
      expectRefusal(await decide(verb, refundId, reader.key), 403, 'INSUFFICIENT_SCOPE');
      for (const { token } of strangers) {
        const foreign = await decide(verb, refundId, token);
        expectRefusal(foreign, 404, 'NOT_FOUND');
        expect(comparable(foreign)).toEqual(comparable(await decide(verb, newId(), token)));
      }
      expectRefusal(await call('POST', `payments/refunds/${refundId}/${verb}`), 401);
      expectRefusal(await decide(verb, '7'), 400, 'VALIDATION_ERROR');
    }
    const key = await makeKey(test, shop);
    expect((await decide('approve', refundId, key.key)).body.data.refund.status).toBe('succeeded');
  });
});

describe('the refunds of a brand', () => {
  it('are for its team, newest first, by status and payment, page by page', async () => {
    const place = await openShop(test);
    const payment = await buy(test, place);
    const { id: refunded } = await buy(test, place);
    const made = await refund(test, refunded, { token: place.owner.token, amount: 100 });
    const asked = await refund(test, payment.id, { token: place.buyer.token });
    const again = await refund(test, refunded, { token: place.owner.token, amount: 200 });
    const ids = [again, asked, made].map(({ body }) => body.data.refund.id);
    const path = `payments/tenant/${place.tenantId}/refunds`;
    const staff = await quickMember(test, place.tenantId, 'staff');
    const list = (query = '', token = staff.token) => call('GET', `${path}?${query}`, { token });
    expect(idsOf(await list())).toEqual(ids);
    expect((await list()).body.data[1]).toEqual(asked.body.data.refund);
    expect(idsOf(await list('status=requested'))).toEqual([ids[1]]);
    expect(idsOf(await list(`paymentId=${refunded}`))).toEqual([ids[0], ids[2]]);
    expect(idsOf(await list(`paymentId=${refunded}&status=declined`))).toEqual([]);
    const first = await list('limit=2');
    const rest = await list(`limit=2&cursor=${first.body.meta.nextCursor}`);
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(ids);
    expect(idsOf(await list('', (await makeKey(test, place, { scopes: ['read'] })).key))).toEqual(ids);
    for (const token of [place.buyer.token, admin]) expectRefusal(await list('', token), 404, 'NOT_FOUND');
    expectRefusal(await call('GET', path), 401);
    expectRefusal(await list('status=open'), 400, 'VALIDATION_ERROR');
    const foreign = await call('GET', `payments/tenant/${shop.tenantId}/refunds?cursor=${first.body.meta.nextCursor}`, {
      token: admin,
    });
    expectRefusal(foreign, 400, 'VALIDATION_ERROR');
  });
});
