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
});
