import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain } from '../support/anvil.ts';
import { CHAIN_ID, mine, openCryptoShop, pay, send, stateOf, watch } from '../support/crypto.ts';
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
