import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain } from '../support/anvil.ts';
import { tokenAt } from '../support/coupons.ts';
import {
  CHAIN_ID,
  type CryptoShop,
  mine,
  openCryptoShop,
  pay,
  quote,
  send,
  stateOf,
  watch,
} from '../support/crypto.ts';
import { checkInvariants } from '../support/invariants.ts';
import { cancel, depsAt, inMinutes, ownedBy, sweepIn } from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const chain = await startChain({ chainId: CHAIN_ID });
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID), RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const WALLET = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65';
const credit = { action: 'credit' };
const policies = { over: credit, late: credit, under: credit };
let shop: CryptoShop;

beforeAll(async () => {
  shop = await openCryptoShop(test, { policies }, { stock: 1_000 });
});
afterAll(() => checkInvariants(sql));

const customer = async () => (await quickPerson(test)).token;
const creditsOf = async (token: string) => (await test.call('GET', 'payments/crypto/credits', { token })).body.data;
const confirmed = async () => {
  await mine(chain);
  await watch(test);
};
/** A payment of the customer, for which so much is sent. */
const paid = async (token: string, amount: string) => {
  const made = await pay(test, shop, { token });
  await send(chain, made.address, amount);
  await confirmed();
  return made;
};
const quoted = async (token: string) => (await quote(test, shop, { token })).body.data;
const create = (token: string, quoteId: string) =>
  test.call('POST', 'payments/crypto/create', { token, body: { quoteId } });
const sendBack = async ({ trackingId }: { trackingId: string }, amount: string) => {
  const txHash = await send(chain, WALLET, amount);
  await mine(chain);
  const body = { txHash, destination: WALLET, amount };
  return test.call('POST', `payments/crypto/${trackingId}/refunds`, { token: shop.owner.token, body });
};

describe('credit', () => {
  it('is taken off the next payment of the same customer, once', async () => {
    const token = await customer();
    const first = await paid(token, '0.01');
    expect((await stateOf(test, first)).crypto).toMatchObject({
      credit: '0',
      owed: { amount: '0.0025', as: 'credit' },
    });
    expect(await creditsOf(token)).toMatchObject([
      { paymentId: first.id, amount: '0.0025', used: '0', left: '0.0025' },
    ]);
    expect(await quoted(await customer())).toMatchObject({ payAmount: '0.0075', credit: '0' });
    const next = await pay(test, shop, { token });
    expect(next.crypto).toMatchObject({ payAmount: '0.005', credit: '0.0025', due: '0.005', status: 'new' });
    expect(next.crypto.uri).toContain('value=5000000000000000');
    expect(await creditsOf(token)).toMatchObject([{ used: '0.0025', left: '0' }]);
    expect(await quoted(token)).toMatchObject({ payAmount: '0.0075', credit: '0' });
    await send(chain, next.address, '0.005');
    await confirmed();
    expect(await stateOf(test, next)).toMatchObject({ status: 'succeeded', crypto: { due: '0', overPaid: false } });
    expect((await stateOf(test, first)).crypto.owed).toBeNull();
    const [event] = await sql`select data from events where object_id = ${next.id} and type = 'payment.succeeded'`;
    expect(event?.['data'].crypto).toMatchObject({ payAmount: '0.005', credit: '0.0025' });
  });

  it('that is enough pays for all of it at once', async () => {
    const token = await customer();
    await paid(token, '0.0175');
    const next = await pay(test, shop, { token });
    expect(next.payment).toMatchObject({ status: 'succeeded', crypto: { payAmount: '0', credit: '0.0075', due: '0' } });
    expect(next.crypto).toMatchObject({ status: 'settled', additionalStatus: 'none', transactions: [] });
    expect((await creditsOf(token)).map(({ left }: any) => left)).toEqual(['0.0025']);
    expect(await ownedBy(test, shop, token)).toBe(2);
    await send(chain, next.address, '0.001');
    await confirmed();
    expect(await stateOf(test, next)).toMatchObject({ crypto: { overPaid: true, owed: { amount: '0.001' } } });
    expect(await quoted(token)).toMatchObject({ credit: '0.0035', payAmount: '0.004' });
    const body = { tenantId: shop.tenantId, items: [{ productId: shop.productId, quantity: 1 }], method: 'crypto' };
    const both = await test.call('POST', 'payments/create', { token, body });
    expect(both.body.data.crypto, both.text).toMatchObject({ credit: '0.0035', payAmount: '0.004' });
    expect((await creditsOf(token)).map(({ left }: any) => left)).toEqual(['0', '0']);
  });

  it('is taken by one of those who ask at the same time', async () => {
    const token = await customer();
    await paid(token, '0.01');
    const quotes = await Promise.all(Array.from({ length: 6 }, () => quoted(token)));
    expect(new Set(quotes.map((one) => one.credit))).toEqual(new Set(['0.0025']));
    const made = await Promise.all(quotes.map(({ quoteId }) => create(token, quoteId)));
    expect(made.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    const refused = made.filter(({ status }) => status === 409).map(({ body }) => body.error.code);
    expect(new Set(refused)).toEqual(new Set(['QUOTE_OUTDATED']));
    expect(await creditsOf(token)).toMatchObject([{ used: '0.0025', left: '0' }]);
  });

  it('is taken by one of those who pay at the same time without a quote, and nobody is refused', async () => {
    const token = await customer();
    await paid(token, '0.01');
    const body = { tenantId: shop.tenantId, items: [{ productId: shop.productId, quantity: 1 }], method: 'crypto' };
    const made = await Promise.all(
      Array.from({ length: 5 }, () => test.call('POST', 'payments/create', { token, body })),
    );
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    const credits = made.map((one) => one.body.data.crypto.credit).sort();
    expect(credits).toEqual(['0', '0', '0', '0', '0.0025']);
  });

  it('is given back by a payment that expires, is canceled, or is not taken', async () => {
    const token = await customer();
    await paid(token, '0.01');
    const canceled = await pay(test, shop, { token });
    expect((await cancel(test, canceled.id, token)).status).toBe(200);
    expect(await creditsOf(token)).toMatchObject([{ used: '0', left: '0.0025' }]);
    const refused = await pay(test, shop, { token });
    const mark = { token: shop.owner.token, body: { status: 'invalid', reason: 'Stolen' } };
    await test.call('POST', `payments/crypto/${refused.trackingId}/mark`, mark);
    expect(await creditsOf(token)).toMatchObject([{ used: '0', left: '0.0025' }]);
    const expired = await pay(test, shop, { token });
    expect(await creditsOf(token)).toMatchObject([{ used: '0.0025', left: '0' }]);
    await watch(test, depsAt(test, inMinutes(16)));
    await sweepIn(test, 16);
    expect(await stateOf(test, expired)).toMatchObject({ status: 'expired', crypto: { credit: '0', due: '0.0075' } });
    expect(await creditsOf(token)).toMatchObject([{ used: '0', left: '0.0025' }]);
  });

  it('comes from what was paid short or late, too, and adds up', async () => {
    const { token, userId } = await quickPerson(test);
    const short = await paid(token, '0.001');
    const clock = inMinutes(-16);
    const late = await pay(test, shop, { clock, token: await tokenAt(test, sql, { userId, at: clock }) });
    await watch(test, depsAt(test, inMinutes(16)));
    await sweepIn(test, 16);
    expect(await stateOf(test, short)).toMatchObject({ status: 'expired', crypto: { owed: { as: 'credit' } } });
    await send(chain, late.address, '0.0075');
    await confirmed();
    expect(await quoted(token)).toMatchObject({ credit: '0.0075', payAmount: '0' });
    const next = await pay(test, shop, { token });
    expect(next.payment.status).toBe('succeeded');
    expect((await creditsOf(token)).map(({ left }: any) => left).sort()).toEqual(['0', '0.001']);
  });

  it('is sent back or taken off, not both', async () => {
    const token = await customer();
    const first = await paid(token, '0.01');
    expect((await sendBack(first, '0.001')).status).toBe(201);
    expect(await creditsOf(token)).toMatchObject([{ amount: '0.0015', left: '0.0015' }]);
    const next = await pay(test, shop, { token });
    expect(next.crypto).toMatchObject({ credit: '0.0015', payAmount: '0.006' });
    const refused = await sendBack(first, '0.0001');
    expect(refused.body.error).toMatchObject({ code: 'NOTHING_OWED', details: { left: '0' } });
    await cancel(test, next.id, token);
    expect((await sendBack(first, '0.0015')).status).toBe(201);
    expect(await quoted(token)).toMatchObject({ credit: '0', payAmount: '0.0075' });
  });

  it('sent back while it is taken off goes one way', async () => {
    for (let n = 0; n < 4; n += 1) {
      const token = await customer();
      const first = await paid(token, '0.01');
      const { quoteId } = await quoted(token);
      const txHash = await send(chain, WALLET, '0.0025');
      await mine(chain);
      const body = { txHash, destination: WALLET, amount: '0.0025' };
      const [made, back] = await Promise.all([
        create(token, quoteId),
        test.call('POST', `payments/crypto/${first.trackingId}/refunds`, { token: shop.owner.token, body }),
      ]);
      expect([made.status, back.status].sort()).toEqual([201, 409]);
      expect(await creditsOf(token)).toMatchObject([{ left: '0' }]);
    }
  });

  it('at one address that many pay to is taken off before the amount that tells them apart', async () => {
    const address = `0x${'5c'.repeat(20)}`;
    const many = await openCryptoShop(test, { account: { address }, policies }, { stock: 10 });
    const { token, userId } = await quickPerson(test);
    const clock = inMinutes(-16);
    const late = await pay(test, many, { clock, token: await tokenAt(test, sql, { userId, at: clock }) });
    await watch(test);
    await sweepIn(test, 0);
    await send(chain, late.address, late.payAmount);
    await confirmed();
    expect(await creditsOf(token)).toMatchObject([{ left: late.payAmount }]);
    const body = { items: [{ productId: many.productId, quantity: 2 }] };
    const made = [await pay(test, many, { token, body }), await pay(test, many, { body })];
    expect(made[0]?.crypto.credit).toBe(late.payAmount);
    for (const one of made) await send(chain, one.address, one.payAmount);
    await confirmed();
    for (const one of made)
      expect(await stateOf(test, one)).toMatchObject({ status: 'succeeded', crypto: { due: '0' } });
    const again = await pay(test, many, { clock, token: await tokenAt(test, sql, { userId, at: clock }) });
    await watch(test);
    await sweepIn(test, 0);
    await send(chain, again.address, again.payAmount);
    await confirmed();
    // All of it by credit, twice: neither waits for an amount.
    const small = { items: undefined, amount: 200, currency: 'EUR' };
    for (let n = 0; n < 2; n += 1) {
      const free = await pay(test, many, { token, body: small });
      expect(free.payment).toMatchObject({ status: 'succeeded', crypto: { payAmount: '0', credit: '0.001' } });
    }
  });

  it('is told to the customer and the team of the brand, and to nobody else', async () => {
    const token = await customer();
    await paid(token, '0.01');
    const path = `payments/crypto/tenant/${shop.tenantId}/credits`;
    const { userId } = (await creditsOf(token))[0];
    const listed = await test.call('GET', `${path}?userId=${userId}`, { token: shop.owner.token });
    expect(listed.body.data).toMatchObject([{ userId, left: '0.0025' }]);
    expect((await test.call('GET', path, { token })).status).toBe(404);
    expect(await creditsOf(await customer())).toEqual([]);
    const other = await openCryptoShop(test, { policies });
    const elsewhere = await quote(test, other, { token });
    expect(elsewhere.body.data).toMatchObject({ credit: '0', payAmount: '0.0075' });
  });
});
