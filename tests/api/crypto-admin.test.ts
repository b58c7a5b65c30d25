import { encodeFunctionData, erc20Abi } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain } from '../support/anvil.ts';
import {
  CHAIN_ID,
  deployToken,
  mine,
  openCryptoShop,
  pay,
  send,
  sendToken,
  stateOf,
  tokenAsset,
  watch,
} from '../support/crypto.ts';
import { checkInvariants } from '../support/invariants.ts';
import { ownedBy, refund } from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const chain = await startChain({ chainId: CHAIN_ID });
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID) });
const { sql } = openRows(test.url);
let shop: Awaited<ReturnType<typeof openCryptoShop>>;
const WALLET = '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65';

beforeAll(async () => {
  shop = await openCryptoShop(test, {}, { stock: 100 });
});
afterAll(() => checkInvariants(sql));

const paid = async (amount = '0.0075') => {
  const made = await pay(test, shop);
  await send(chain, made.address, amount);
  await mine(chain);
  await watch(test);
  return made;
};
const mark = ({ trackingId }: { trackingId: string }, status: string, token = shop.owner.token) =>
  test.call('POST', `payments/crypto/${trackingId}/mark`, { token, body: { status, reason: 'Seen in the shop' } });
const record = ({ trackingId }: { trackingId: string }, body: object, token = shop.owner.token) =>
  test.call('POST', `payments/crypto/${trackingId}/refunds`, { token, body });

describe('an admin', () => {
  it('marks a payment, with a reason, once', async () => {
    const before = await ownedBy(test, shop);
    const made = await pay(test, shop);
    expect((await mark(made, 'settled', shop.buyer.token)).status).toBe(403);
    const marked = await mark(made, 'settled');
    expect(marked.body.data, marked.text).toMatchObject({
      status: 'succeeded',
      crypto: { status: 'settled', additionalStatus: 'marked', manuallyMarked: true },
    });
    expect(marked.body.data.crypto.timeline.at(-1)).toMatchObject({
      kind: 'marked',
      data: { reason: 'Seen in the shop' },
    });
    expect((await mark(made, 'settled')).status).toBe(200);
    expect((await mark(made, 'invalid')).body.error.code).toBe('CRYPTO_NOT_MARKABLE');
    expect(await ownedBy(test, shop)).toBe(before + 1);
    const invalid = await pay(test, shop);
    expect((await mark(invalid, 'invalid')).body.data).toMatchObject({
      status: 'failed',
      crypto: { status: 'invalid' },
    });
    await send(chain, invalid.address, '0.0075');
    await mine(chain);
    await watch(test);
    expect(await stateOf(test, invalid)).toMatchObject({ status: 'failed', crypto: { owed: { amount: '0.0075' } } });
    expect((await mark(invalid, 'settled')).body.data).toMatchObject({ status: 'succeeded' });
    const rows =
      await sql`select count(*)::int as n from audit_entries where action = 'payment.marked' and tenant_id = ${shop.tenantId}`;
    expect(rows[0]).toEqual({ n: 3 });
  });

  it('sends back what is owed, and the chain is asked', async () => {
    const made = await paid('0.01');
    const hash = await send(chain, WALLET, '0.002');
    await mine(chain);
    const good = { txHash: hash, destination: WALLET, amount: '0.002' };
    expect((await record(made, { ...good, amount: '0.0021' })).body.error.code).toBe('TRANSACTION_MISMATCH');
    expect((await record(made, { ...good, destination: made.address })).body.error.code).toBe('TRANSACTION_MISMATCH');
    expect((await record(made, { ...good, txHash: `0x${'34'.repeat(32)}` })).body.error.code).toBe(
      'TRANSACTION_NOT_FOUND',
    );
    const recorded = await record(made, good);
    expect(recorded.status, recorded.text).toBe(201);
    expect(recorded.body.data).toMatchObject({ amount: '0.002', asset: 'ETH', txHash: hash, refundId: null });
    expect((await record(made, good)).body.error.code).toBe('TRANSFER_USED');
    expect((await stateOf(test, made)).crypto.owed).toEqual({ amount: '0.0005', as: 'refund' });
    const more = await send(chain, WALLET, '0.001');
    await mine(chain);
    expect((await record(made, { ...good, txHash: more, amount: '0.001' })).body.error.code).toBe('NOTHING_OWED');
  });

  it('withdraws a refund that was not sent: its room is there again, and the chain is looked at', async () => {
    const made = await pay(test, shop);
    await watch(test);
    const snapshot = await chain.client.snapshot();
    await send(chain, made.address, '0.0075');
    await mine(chain);
    await watch(test);
    const asked = await refund(test, made.id, { token: shop.buyer.token });
    const { id: refundId } = asked.body.data.refund;
    await test.call('POST', `payments/refunds/${refundId}/approve`, { token: shop.owner.token });
    expect(await stateOf(test, made)).toMatchObject({ refundStatus: 'pending' });
    const decline = (token: string, id = refundId) => test.call('POST', `payments/refunds/${id}/decline`, { token });
    expect((await decline(shop.buyer.token)).status).toBe(403);
    for (let n = 0; n < 2; n += 1) {
      const withdrawn = await decline(shop.owner.token);
      expect(withdrawn.body.data.refund, withdrawn.text).toMatchObject({ id: refundId, status: 'canceled' });
    }
    expect(await stateOf(test, made)).toMatchObject({ status: 'succeeded', refundStatus: 'none' });
    const again = await refund(test, made.id, { token: shop.owner.token });
    expect(again.body.data.refund).toMatchObject({ status: 'pending', amount: made.payment.amount });
    const txHash = await send(chain, WALLET, '0.0075');
    await mine(chain);
    const late = await record(made, { txHash, destination: WALLET, amount: '0.0075', refundId });
    expect(late.body.error).toMatchObject({ code: 'REFUND_DECIDED', details: { status: 'canceled' } });
    await chain.client.revert({ id: snapshot });
    await mine(chain, 8);
    await watch(test);
    expect(await stateOf(test, made)).toMatchObject({ status: 'succeeded', crypto: { actuallyPaid: '0' } });
    await decline(shop.owner.token, again.body.data.refund.id);
    await watch(test);
    expect(await stateOf(test, made)).toMatchObject({ status: 'pending', refundStatus: 'none' });
  });

  it('cannot withdraw what was sent: of both at once one is done', async () => {
    for (let n = 0; n < 3; n += 1) {
      const made = await paid();
      const { id: refundId } = (await refund(test, made.id, { token: shop.owner.token })).body.data.refund;
      const txHash = await send(chain, WALLET, '0.0075');
      await mine(chain);
      const [recorded, declined] = await Promise.all([
        record(made, { txHash, destination: WALLET, amount: '0.0075', refundId }),
        test.call('POST', `payments/refunds/${refundId}/decline`, { token: shop.owner.token }),
      ]);
      const codes = [recorded.status, declined.status, declined.body.error?.code ?? recorded.body.error?.code];
      expect([
        [201, 409, 'REFUND_DECIDED'],
        [409, 200, 'REFUND_DECIDED'],
      ]).toContainEqual(codes);
    }
  });

  it('records each of two equal transfers of one transaction once', async () => {
    const made = await paid('0.01');
    const token = await deployToken(chain);
    const tokens = await openCryptoShop(test, { assets: [tokenAsset(token)] });
    const over = await pay(test, tokens, { asset: 'USDX' });
    await sendToken(chain, { token, to: over.address, units: 25_000_000n });
    await mine(chain);
    await watch(test);
    // A contract that does twice what it is told to do to the token.
    const twice = `0x${'7b'.repeat(20)}` as const;
    const call = `60006000366000600073${token.slice(2)}5af150`;
    await chain.client.setCode({ address: twice, bytecode: `0x366000600037${call}${call}00` });
    await sendToken(chain, { token, to: twice, units: 100_000_000n });
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [WALLET, 4_000_000n] });
    const txHash = await chain.client.sendTransaction({ to: twice, data, gas: 400_000n });
    await mine(chain, 2);
    const body = { txHash, destination: WALLET, amount: '4' };
    const back = () => record(over, body, tokens.owner.token);
    expect((await Promise.all([back(), back()])).map(({ status }) => status)).toEqual([201, 201]);
    expect((await back()).body.error.code).toBe('TRANSFER_USED');
    expect((await stateOf(test, over)).crypto.owed).toEqual({ amount: '2', as: 'refund' });
    const fine = await record(made, { ...body, amount: '0.0000000000000000001' });
    expect(fine.body.error).toMatchObject({ code: 'TRANSACTION_MISMATCH', details: { expected: { units: null } } });
  });

  it('marks what is paid elsewhere: what then comes on the chain, too, is owed', async () => {
    const [elsewhere, part] = [await pay(test, shop), await paid('0.007')];
    await mark(elsewhere, 'settled');
    await mark(part, 'settled');
    await send(chain, elsewhere.address, '0.0075');
    await send(chain, part.address, '0.0005');
    await mine(chain);
    await watch(test);
    const owed = async (made: { trackingId: string }) => (await stateOf(test, made)).crypto.owed;
    expect(await owed(elsewhere)).toEqual({ amount: '0.0075', as: 'refund' });
    expect(await owed(part)).toEqual({ amount: '0.0005', as: 'refund' });
    const txHash = await send(chain, WALLET, '0.0075');
    await mine(chain);
    const back = await record(elsewhere, { txHash, destination: WALLET, amount: '0.0075' });
    expect(back.status, back.text).toBe(201);
    expect(await owed(elsewhere)).toBeNull();
  });

  it('refunds a payment from the own wallet: all that it gave is taken back', async () => {
    const made = await paid();
    const before = await ownedBy(test, shop);
    const asked = await refund(test, made.id, { token: shop.buyer.token });
    expect(asked.status, asked.text).toBe(202);
    const { id: refundId } = asked.body.data.refund;
    const approved = await test.call('POST', `payments/refunds/${refundId}/approve`, { token: shop.owner.token });
    expect(approved.body.data.refund.status, approved.text).toBe('pending');
    const hash = await send(chain, WALLET, '0.0074');
    expect(
      (await record(made, { txHash: hash, destination: WALLET, amount: '0.0074', refundId })).body.error,
    ).toMatchObject({
      code: 'TRANSACTION_MISMATCH',
      details: { confirmations: 1 },
    });
    await mine(chain);
    const recorded = await record(made, { txHash: hash, destination: WALLET, amount: '0.0074', refundId });
    expect(recorded.status, recorded.text).toBe(201);
    expect(await stateOf(test, made)).toMatchObject({ status: 'succeeded', refundStatus: 'full' });
    expect(await ownedBy(test, shop)).toBe(before - 1);
  });
});
