import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain } from '../support/anvil.ts';
import { tokenAt } from '../support/coupons.ts';
import {
  CHAIN_ID,
  type CryptoShop,
  deployToken,
  ETH,
  mine,
  openCryptoShop,
  pay,
  send,
  sendToken,
  setUp,
  stateOf,
  tokenAsset,
  watch,
} from '../support/crypto.ts';
import { checkInvariants } from '../support/invariants.ts';
import { depsAt, inMinutes, ownedBy, stockOf, sweepIn } from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const chain = await startChain({ chainId: CHAIN_ID });
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID) });
const { sql } = openRows(test.url);
let token: `0x${string}`;

beforeAll(async () => {
  token = await deployToken(chain);
});
afterAll(() => checkInvariants(sql));

const open = (policies: object = {}, change: object = {}) =>
  openCryptoShop(test, { assets: [ETH, tokenAsset(token)], policies, ...change }, { stock: 10 });
/** A payment whose time is over. */
const payBefore = async (shop: CryptoShop) => {
  const clock = inMinutes(-16);
  return pay(test, shop, { clock, token: await tokenAt(test, sql, { userId: shop.buyer.userId, at: clock }) });
};
const confirmed = async () => {
  await mine(chain);
  await watch(test);
};
/** Time goes by: the chain is read to its end, and the sweeper comes. */
const expire = async (minutes = 0) => {
  await watch(test, depsAt(test, inMinutes(minutes)));
  await sweepIn(test, minutes);
};
const shown = async (made: { trackingId: string }) => {
  const { status, crypto } = await stateOf(test, made);
  const { additionalStatus, owed, overPaid, partiallyPaid, afterExpiration, due } = crypto;
  return { status, crypto: crypto.status, additionalStatus, owed, overPaid, partiallyPaid, afterExpiration, due };
};

describe('money that does not fit', () => {
  it('adds up over several transfers', async () => {
    const shop = await open();
    const made = await pay(test, shop);
    await send(chain, made.address, '0.003');
    await confirmed();
    expect(await shown(made)).toMatchObject({
      status: 'pending',
      additionalStatus: 'partial',
      due: '0.0045',
      partiallyPaid: true,
    });
    await send(chain, made.address, '0.0045');
    await confirmed();
    expect(await shown(made)).toMatchObject({
      status: 'succeeded',
      crypto: 'settled',
      additionalStatus: 'none',
      due: '0',
    });
  });

  it('is enough within the tolerance, and nothing is never enough', async () => {
    const shop = await open({}, { toleranceBps: 100 });
    const [near, short] = [await pay(test, shop), await pay(test, shop)];
    await send(chain, near.address, '0.007425');
    await send(chain, short.address, '0.007424999999999999');
    await confirmed();
    expect(await shown(near)).toMatchObject({ status: 'succeeded', due: '0.000075' });
    expect(await shown(short)).toMatchObject({ status: 'pending', additionalStatus: 'partial' });
    const all = await open({}, { toleranceBps: 10_000 });
    const nothing = await pay(test, all);
    await confirmed();
    expect(await shown(nothing)).toMatchObject({ status: 'pending', crypto: 'new' });
  });

  it.each([
    ['refund', { action: 'refund' }, { amount: '0.0025', as: 'refund' }],
    ['credit', { action: 'credit' }, { amount: '0.0025', as: 'credit' }],
    ['accept', { action: 'accept' }, null],
    ['accept within', { action: 'accept', withinBps: 100 }, { amount: '0.0025', as: 'refund' }],
  ])('is too much: %s', async (_name, over, owed) => {
    const shop = await open({ over });
    const made = await pay(test, shop);
    await send(chain, made.address, '0.01');
    await confirmed();
    expect(await shown(made)).toMatchObject({
      status: 'succeeded',
      additionalStatus: 'over',
      overPaid: true,
      owed,
      due: '-0.0025',
    });
    const [event] = await sql`select data from events where object_id = ${made.id} and type = 'payment.succeeded'`;
    expect(event?.['data'].crypto).toMatchObject({ overPaid: true, additionalStatus: 'over' });
  });

  it('is too little at the end: what came is owed, and the stock is free again', async () => {
    const shop = await open({ under: { action: 'refund' } });
    const made = await pay(test, shop);
    expect(await stockOf(test, shop)).toBe(9);
    await send(chain, made.address, '0.007');
    await confirmed();
    await expire(16);
    expect(await shown(made)).toMatchObject({
      status: 'expired',
      crypto: 'expired',
      additionalStatus: 'partial',
      owed: { amount: '0.007', as: 'refund' },
    });
    expect(await stockOf(test, shop)).toBe(10);
  });

  it.each([
    [{ action: 'accept', withinBps: 1000 }, 'succeeded'],
    [{ action: 'accept', withinBps: 100 }, 'expired'],
    [{ action: 'top_up' }, 'pending'],
  ])('is a little too little at the end: %j', async (under, status) => {
    const shop = await open({ under });
    const made = await pay(test, shop);
    await send(chain, made.address, '0.007');
    await confirmed();
    await expire(16);
    expect(await shown(made)).toMatchObject({ status, additionalStatus: 'partial' });
  });

  it('comes late: owed, or taken with the stock that is there', async () => {
    for (const late of [{ action: 'refund' }, { action: 'credit' }, { action: 'accept', withinBps: 50 }]) {
      const shop = await open({ late });
      const made = await payBefore(shop);
      await expire();
      expect(await shown(made)).toMatchObject({ status: 'expired', additionalStatus: 'none' });
      expect(await stockOf(test, shop)).toBe(10);
      await send(chain, made.address, '0.0075');
      await confirmed();
      const isTaken = late.action === 'accept';
      const owed = isTaken ? null : { amount: '0.0075', as: late.action };
      expect(await shown(made)).toMatchObject({
        status: isTaken ? 'succeeded' : 'expired',
        additionalStatus: 'late',
        afterExpiration: true,
        owed,
      });
      expect(await stockOf(test, shop)).toBe(isTaken ? 9 : 10);
      expect(await ownedBy(test, shop)).toBe(isTaken ? 1 : 0);
    }
  });

  it('comes late and is worth too little now, or there is none left', async () => {
    const shop = await open({ late: { action: 'accept', withinBps: 100 } });
    const [fallen, empty] = [await payBefore(shop), await payBefore(shop)];
    await expire();
    await setUp(test, shop, {
      assets: [{ ...ETH, rate: { source: 'static', prices: { EUR: '1900' } } }],
      policies: { late: { action: 'accept' } },
    });
    await send(chain, fallen.address, '0.0075');
    await confirmed();
    expect(await shown(fallen)).toMatchObject({ status: 'expired', owed: { amount: '0.0075', as: 'refund' } });
    await setUp(test, shop, { assets: [ETH] });
    await shop.sell({ id: shop.productId, stock: 0 });
    await send(chain, empty.address, '0.0075');
    await confirmed();
    expect(await shown(empty)).toMatchObject({ status: 'expired', owed: { amount: '0.0075', as: 'refund' } });
    const { timeline } = (await stateOf(test, empty)).crypto;
    expect(timeline.at(-1)).toMatchObject({ kind: 'late_refused' });
  });

  it('is of another asset: recorded, and pays for nothing', async () => {
    const shop = await open();
    const made = await pay(test, shop);
    const stranger = await deployToken(chain, { symbol: 'FAKE' });
    await sendToken(chain, { token: stranger, to: made.address, units: 7_500_000n });
    await sendToken(chain, { token, to: made.address, units: 15_000_000n });
    await confirmed();
    const { status, crypto } = await stateOf(test, made);
    expect(status).toBe('pending');
    expect(crypto.transactions).toMatchObject([
      { contract: stranger, verdict: 'wrong_asset', amount: '7500000' },
      { contract: token, verdict: 'wrong_asset' },
    ]);
    const listed = await test.call('GET', `payments/crypto/tenant/${shop.tenantId}/transfers?verdict=wrong_asset`, {
      token: shop.owner.token,
    });
    expect(listed.body.data).toHaveLength(2);
  });

  it('is topped up after the end, until nobody looks any more', async () => {
    const shop = await open();
    const [topped, left] = [await pay(test, shop), await pay(test, shop)];
    await send(chain, topped.address, '0.007');
    await send(chain, left.address, '0.007');
    await confirmed();
    await chain.client.increaseTime({ seconds: 1_200 });
    await send(chain, topped.address, '0.0005');
    await mine(chain);
    await expire(20);
    expect(await shown(topped)).toMatchObject({ status: 'succeeded', additionalStatus: 'late', afterExpiration: true });
    expect(await shown(left)).toMatchObject({ status: 'pending', additionalStatus: 'partial', owed: null });
    await expire(1_441);
    expect(await shown(left)).toMatchObject({ status: 'expired', owed: { amount: '0.007', as: 'refund' } });
  });
});
