import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain } from '../support/anvil.ts';
import { CHAIN_ID, mine, openCryptoShop, pay, send, stateOf, watch } from '../support/crypto.ts';
import { CRYPTO_INVARIANTS } from '../support/crypto-invariants.ts';
import { checkInvariants, findBroken } from '../support/invariants.ts';
import { ownedBy, refund } from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { whatBreaks } from '../support/sabotage.ts';
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

const SABOTAGE: Record<keyof typeof CRYPTO_INVARIANTS, string[]> = {
  'what is settled has enough confirmed transfers that stand, or an admin has said so': [
    'update crypto_payments set required_confirmations = 999 where not is_marked',
  ],
  'what has enough confirmed transfers in time is settled': [
    `update crypto_payments set status = 'processing', is_marked = false where status = 'settled'`,
  ],
  'the status of a payment is that of its crypto side': [
    `update payments set status = 'processing' where provider = 'crypto'`,
  ],
  'a payment in crypto has a crypto side, and shows it': [
    `update payments set crypto = null where provider = 'crypto'`,
  ],
  'what a payment was paid is the sum of its transfers that stand': [
    `update crypto_transfers set reversed_at = now() where verdict = 'credited'`,
  ],
  'a transfer pays one payment, over all brands': ['delete from spent_transfers'],
  'what is credited is of the asset, and went to the address': [`update crypto_transfers set contract = '0x00'`],
  'one brand receives at an address, but for those whose owner has its wallet': [
    `insert into tenants select (jsonb_populate_record(t, jsonb_build_object('id', uuidv7(), 'subdomain', 'copy'))).*
      from tenants t limit 1`,
    `insert into crypto_settings select (jsonb_populate_record(s, jsonb_build_object('tenant_id', t.id))).*
      from crypto_settings s, tenants t where t.subdomain = 'copy' limit 1`,
    `update crypto_settings set account_kind = 'address', xpub = null, address = '0x${'5f'.repeat(20)}'`,
  ],
  'an address of an extended key is given to one payment': [
    'drop index crypto_payments_amount_key',
    `update crypto_payments set address = '0x00'`,
  ],
  'no more is owed than came, and no more given back than is owed': [
    `update crypto_payments set owed_units = confirmed_units + 1, owed_as = 'refund'`,
  ],
  'a refund in crypto that succeeded was seen on the chain': ['delete from crypto_refunds where refund_id is not null'],
};

describe('the checker of invariants', () => {
  it('finds nothing where all is right', async () => {
    expect(await findBroken(sql)).toEqual([]);
  });

  it.each(Object.entries(SABOTAGE))('finds it: %s', async (name, statements) => {
    expect(await whatBreaks(sql, { statements })).toContain(name);
  });

  it('has one for each', () => {
    expect(Object.keys(SABOTAGE).sort()).toEqual(Object.keys(CRYPTO_INVARIANTS).sort());
  });
});
