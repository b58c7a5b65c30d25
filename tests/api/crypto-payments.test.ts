import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain } from '../support/anvil.ts';
import {
  CHAIN_ID,
  deployToken,
  ETH,
  mine,
  openCryptoShop,
  pay,
  quote,
  send,
  sendToken,
  stateOf,
  tokenAsset,
  watch,
} from '../support/crypto.ts';
import { checkInvariants } from '../support/invariants.ts';
import { ownedBy } from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const chain = await startChain({ chainId: CHAIN_ID });
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID) });
const { sql } = openRows(test.url);
let shop: Awaited<ReturnType<typeof openCryptoShop>>;
let token: `0x${string}`;

beforeAll(async () => {
  token = await deployToken(chain);
  shop = await openCryptoShop(test, { assets: [ETH, tokenAsset(token)] });
});
afterAll(() => checkInvariants(sql));

describe('a payment in crypto', () => {
  it('is quoted exactly, made once, and succeeds with its confirmations', async () => {
    const quoted = await quote(test, shop);
    expect(quoted.body.data).toMatchObject({
      asset: 'ETH',
      payAmount: '0.0075',
      rate: '2000',
      rateSource: 'static',
      amount: 1500,
    });
    const made = await pay(test, shop);
    expect(made.crypto).toMatchObject({
      ...{ chainId: CHAIN_ID, asset: 'ETH', payAmount: '0.0075', actuallyPaid: '0', due: '0.0075', confirmations: 0 },
      ...{ requiredConfirmations: 2, status: 'new', additionalStatus: 'none', owed: null, transactions: [] },
      uri: `ethereum:${made.address}@${CHAIN_ID}?value=7500000000000000`,
      qrCode: expect.stringContaining('<svg'),
    });
    const hash = await send(chain, made.address, '0.0075');
    await watch(test);
    expect(await stateOf(test, made)).toMatchObject({
      status: 'processing',
      crypto: {
        status: 'processing',
        confirmations: 1,
        actuallyPaid: '0.0075',
        transactions: [{ txHash: hash, logIndex: -1 }],
      },
    });
    expect(await ownedBy(test, shop)).toBe(0);
    await mine(chain);
    await watch(test);
    const paid = await stateOf(test, made);
    expect(paid).toMatchObject({
      status: 'succeeded',
      crypto: { status: 'settled', additionalStatus: 'none', due: '0' },
    });
    expect(paid.crypto.timeline.map(({ kind }: { kind: string }) => kind)).toEqual([
      'created',
      'seen',
      'processing',
      'settled',
    ]);
    expect(await ownedBy(test, shop)).toBe(1);
    const [event] = await sql`select data from events where object_id = ${made.id} and type = 'payment.succeeded'`;
    expect(event?.['data'].crypto).toMatchObject({ status: 'settled', overPaid: false, actuallyPaid: '0.0075' });
  });

  it('is paid with a token, by its exact contract', async () => {
    const made = await pay(test, shop, { asset: 'USDX' });
    expect(made.crypto.uri).toBe(`ethereum:${token}@${CHAIN_ID}/transfer?address=${made.address}&uint256=15000000`);
    await sendToken(chain, { token, to: made.address, units: 15_000_000n });
    await mine(chain);
    await watch(test);
    expect(await stateOf(test, made)).toMatchObject({ status: 'succeeded', crypto: { actuallyPaid: '15' } });
  });

  it('shows the newest of many transfers, and carries its QR code where that is asked for', async () => {
    const made = await pay(test, shop);
    await sql`
      insert into crypto_transfers (tenant_id, id, payment_id, chain_id, tx_hash, log_index, block_number, block_hash, block_at,
        "from", "to", contract, units, verdict, created_at)
      select tenant_id, uuidv7(), id, chain_id, '0x' || lpad(to_hex(n), 64, '0'), 0, 1, '0x', now(), 'a', address, 'c', n,
        'wrong_asset', now() + n * interval '1 ms' from crypto_payments, generate_series(1, 300) n where id = ${made.id}`;
    await sql`
      insert into crypto_timeline (tenant_id, id, payment_id, kind, data, created_at)
      select tenant_id, uuidv7(), id, 'wrong_asset', jsonb_build_object('n', n), now() + n * interval '1 ms'
      from crypto_payments, generate_series(1, 300) n where id = ${made.id}`;
    await send(chain, made.address, '0.001');
    await watch(test);
    const read = await test.call('GET', `payments/status/${made.trackingId}`);
    expect(read.text.length).toBeLessThan(40_000);
    const { crypto } = read.body.data;
    expect(crypto).toMatchObject({
      transactionCount: 301,
      timelineCount: 302,
      confirmations: 1,
      actuallyPaid: '0.001',
    });
    expect(crypto.transactions).toHaveLength(50);
    expect(crypto.transactions.map(({ amount }: { amount: string }) => amount).slice(-2)).toContain('300');
    expect(crypto.timeline.map(({ data }: { data: { n?: number } }) => data.n)).toContain(300);
    expect(crypto).not.toHaveProperty('qrCode');
    const drawn = await test.call('GET', `payments/status/${made.trackingId}?qrCode=true`);
    expect(drawn.body.data.crypto.qrCode).toBe(made.crypto.qrCode);
    expect((await test.call('GET', `payments/status/${made.trackingId}?qrCode=maybe`)).status).toBe(400);
    await sql`delete from crypto_transfers where payment_id = ${made.id} and verdict = 'wrong_asset'`;
  });
});
