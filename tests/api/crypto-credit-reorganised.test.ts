import { parseUnits } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain } from '../support/anvil.ts';
import { tokenAt } from '../support/coupons.ts';
import {
  CHAIN_ID,
  type CryptoShop,
  mine,
  openCryptoShop,
  type Payable,
  pay,
  send,
  stateOf,
  watch,
} from '../support/crypto.ts';
import { checkInvariants } from '../support/invariants.ts';
import { depsAt, inMinutes, ownedBy, refund, sweepIn } from '../support/payments.ts';
import { quickPerson } from '../support/quick-people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { payUndone, rawOf } from '../support/undone-transfer.ts';

const chain = await startChain({ chainId: CHAIN_ID });
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID), RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const WALLET = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65';
const credit = { action: 'credit' };
let shop: CryptoShop;

beforeAll(async () => {
  shop = await openCryptoShop(test, { policies: { over: credit, late: { action: 'accept' } } }, { stock: 1_000 });
});
afterAll(() => checkInvariants(sql));

const creditsOf = async (token: string) => (await test.call('GET', 'payments/crypto/credits', { token })).body.data;
const confirmed = async (blocks = 1) => {
  await mine(chain, blocks);
  await watch(test);
};
const BRAND = '0x14dc79964da2c08b23698b3d3cc7ca32193d9955';
const sendAs = async (account: `0x${string}`, to: `0x${string}`, amount: string) => {
  const hash = await chain.client.sendTransaction({ account, to, value: parseUnits(amount, 18) });
  await chain.client.waitForTransactionReceipt({ hash });
  return hash;
};
/** A customer with credit from a payment, and how to undo the transfer that it came from, and bring it again. */
const withCredit = async (amount = '0.01') => {
  const { token, userId } = await quickPerson(test);
  const first = await pay(test, shop, { token });
  await watch(test);
  return { token, userId, first, ...(await payUndone({ chain, test }, first, amount)) };
};
const cryptoOf = async (made: Payable) => {
  const { status, crypto } = await stateOf(test, made);
  const { credit, due, actuallyPaid } = crypto;
  return { status, credit, due, actuallyPaid };
};

describe('credit whose money a reorganisation undid', () => {
  it('does not pay any more; when the money comes again, it does', async () => {
    const { token, first, undo, again } = await withCredit('0.015');
    const next = await pay(test, shop, { token });
    expect(next.payment.status).toBe('succeeded');
    expect(await ownedBy(test, shop, token)).toBe(2);
    await undo();
    expect(await cryptoOf(first)).toMatchObject({ status: 'pending', due: '0.0075' });
    expect(await cryptoOf(next)).toEqual({ status: 'pending', credit: '0', due: '0.0075', actuallyPaid: '0' });
    expect((await stateOf(test, next)).crypto.uri).toContain('value=7500000000000000');
    expect(await creditsOf(token)).toMatchObject([{ amount: '0', used: '0', left: '0' }]);
    expect(await ownedBy(test, shop, token)).toBe(0);
    await checkInvariants(sql);
    await again();
    expect(await cryptoOf(first)).toMatchObject({ status: 'succeeded' });
    expect(await cryptoOf(next)).toEqual({ status: 'succeeded', credit: '0.0075', due: '0', actuallyPaid: '0' });
    expect(await creditsOf(token)).toMatchObject([{ amount: '0.0075', used: '0.0075', left: '0' }]);
    expect(await ownedBy(test, shop, token)).toBe(2);
    const events = await sql`select type from events where object_id = ${next.id} order by position`;
    expect(events.map(({ type }) => type)).toEqual(['payment.succeeded', 'payment.reversed', 'payment.succeeded']);
  });

  it('can be paid by the customer instead; what comes twice is credit again', async () => {
    const { token, first, undo, again } = await withCredit();
    const next = await pay(test, shop, { token });
    await undo();
    await send(chain, next.address, '0.0075');
    await confirmed();
    expect(await cryptoOf(next)).toMatchObject({ status: 'succeeded', credit: '0', actuallyPaid: '0.0075' });
    await again();
    expect(await cryptoOf(first)).toMatchObject({ status: 'succeeded' });
    expect((await stateOf(test, next)).crypto).toMatchObject({
      credit: '0.0025',
      owed: { amount: '0.0025', as: 'credit' },
    });
    expect((await creditsOf(token)).map(({ left }: any) => left).sort()).toEqual(['0', '0.0025']);
  });

  it('is waited for an hour; then the payment expires, and later money finds the credit free', async () => {
    const { token, undo, again } = await withCredit('0.015');
    const next = await pay(test, shop, { token });
    await undo();
    const late = depsAt(test, inMinutes(1_500));
    await watch(test, late);
    await sweepIn(test, 1_500);
    expect(await cryptoOf(next)).toMatchObject({ status: 'expired', credit: '0', due: '0.0075' });
    expect(await ownedBy(test, shop, token)).toBe(0);
    await again();
    expect(await cryptoOf(next)).toMatchObject({ status: 'expired', credit: '0' });
  });
});

describe('a payment with credit that is paid late', () => {
  const lateWith = async () => {
    const { token, userId } = await quickPerson(test);
    const first = await pay(test, shop, { token });
    await send(chain, first.address, '0.01');
    await confirmed();
    const clock = inMinutes(-16);
    const next = await pay(test, shop, { clock, token: await tokenAt(test, sql, { userId, at: clock }) });
    await watch(test);
    await sweepIn(test, 0);
    expect(await cryptoOf(next)).toMatchObject({ status: 'expired', credit: '0' });
    return { token, next };
  };

  it('takes the credit again', async () => {
    const { token, next } = await lateWith();
    await send(chain, next.address, '0.005');
    await confirmed();
    expect(await cryptoOf(next)).toMatchObject({ status: 'succeeded', credit: '0.0025', due: '0' });
    expect(await creditsOf(token)).toMatchObject([{ left: '0' }]);
  });

  it('is refused where the credit was taken meanwhile', async () => {
    const { token, next } = await lateWith();
    const other = await pay(test, shop, { token });
    expect(other.crypto.credit).toBe('0.0025');
    await send(chain, next.address, '0.005');
    await confirmed();
    const { status, crypto } = await stateOf(test, next);
    expect(status).toBe('expired');
    expect(crypto).toMatchObject({ credit: '0', owed: { amount: '0.005', as: 'refund' } });
    expect(crypto.timeline.at(-1)).toMatchObject({ kind: 'late_refused' });
  });
});

describe('what was sent back', () => {
  const sendBack = async ({ trackingId }: Payable, amount: string, refundId?: string) => {
    const txHash = await sendAs(BRAND, WALLET, amount);
    await confirmed();
    const body = { txHash, destination: WALLET, amount, refundId };
    return test.call('POST', `payments/crypto/${trackingId}/refunds`, { token: shop.owner.token, body });
  };

  it('of money that was undone has to come again before anything is paid by it', async () => {
    const { first, undo } = await withCredit();
    expect((await sendBack(first, '0.0025')).status).toBe(201);
    await undo();
    expect(await cryptoOf(first)).toMatchObject({ status: 'pending', due: '0.01' });
    await send(chain, first.address, '0.0075');
    await confirmed();
    expect(await cryptoOf(first)).toMatchObject({ status: 'pending', due: '0.0025' });
    await send(chain, first.address, '0.0025');
    await confirmed();
    expect(await cryptoOf(first)).toMatchObject({ status: 'succeeded' });
    expect((await stateOf(test, first)).crypto.owed).toBeNull();
  });

  it('by a transaction that was undone counts when it stands again, and after an hour not any more', async () => {
    const { token, first } = await withCredit();
    const owed = async () => (await stateOf(test, first)).crypto.owed;
    const snapshot = await chain.client.snapshot();
    const back = await sendBack(first, '0.0025');
    expect(back.status, back.text).toBe(201);
    const raw = await rawOf(chain, back.body.data.txHash);
    await chain.client.revert({ id: snapshot });
    await confirmed(8);
    expect(await owed()).toBeNull();
    const next = await chain.client.snapshot();
    await chain.client.sendRawTransaction({ serializedTransaction: raw });
    await confirmed();
    expect(await sql`select missing_at from crypto_refunds where payment_id = ${first.id}`).toEqual([
      { missing_at: null },
    ]);
    await watch(test, depsAt(test, inMinutes(61)));
    expect(await owed()).toBeNull();
    await chain.client.revert({ id: next });
    await confirmed(9);
    await watch(test, depsAt(test, inMinutes(61)));
    expect(await owed()).toEqual({ amount: '0.0025', as: 'credit' });
    expect(await creditsOf(token)).toMatchObject([{ amount: '0.0025', left: '0.0025' }]);
    expect((await sendBack(first, '0.0025')).status).toBe(201);
    expect(await owed()).toBeNull();
  });

  it('for a refund, and was undone, makes the refund fail: another can be begun', async () => {
    const made = await pay(test, shop);
    await send(chain, made.address, '0.0075');
    await confirmed();
    const snapshot = await chain.client.snapshot();
    const begun = await refund(test, made.id, { token: shop.owner.token });
    const { id } = begun.body.data.refund;
    expect((await sendBack(made, '0.0075', id)).status).toBe(201);
    expect((await stateOf(test, made)).refundStatus).toBe('full');
    await chain.client.revert({ id: snapshot });
    await confirmed(8);
    expect((await stateOf(test, made)).refundStatus).toBe('full');
    await watch(test, depsAt(test, inMinutes(61)));
    expect(await stateOf(test, made)).toMatchObject({ status: 'succeeded', refundStatus: 'none' });
    const again = await refund(test, made.id, { token: shop.owner.token });
    expect(again.status, again.text).toBe(201);
  });
});
