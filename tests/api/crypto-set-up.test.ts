import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testFeed } from '#src/embedded/test-contracts.ts';
import { startChain } from '../support/anvil.ts';
import { tokenAt } from '../support/coupons.ts';
import {
  CHAIN_ID,
  deployToken,
  ETH,
  mine,
  newXpub,
  openCryptoShop,
  pay,
  quote,
  send,
  setUp,
  stateOf,
  tokenAsset,
  watch,
} from '../support/crypto.ts';
import { checkInvariants } from '../support/invariants.ts';
import { order } from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const chain = await startChain({ chainId: CHAIN_ID });
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAIN_ID: String(CHAIN_ID) });
const { sql } = openRows(test.url);
let shop: Awaited<ReturnType<typeof openCryptoShop>>;

beforeAll(async () => {
  shop = await openCryptoShop(test);
});
afterAll(() => checkInvariants(sql));

const ADDRESS = '0x90f79bf6eb2c4f870365e785982e1f101e93b906';

describe('the set-up of a brand', () => {
  it('is shown without the key, lists its assets to anybody, and is written into the log', async () => {
    const path = `payments/crypto/tenant/${shop.tenantId}/settings`;
    const read = await test.call('GET', path, { token: shop.owner.token });
    expect(read.body.data).toMatchObject({
      account: { kind: 'xpub', address: null },
      assets: [{ asset: 'ETH', precision: 8, confirmations: 2 }],
      ...{ toleranceBps: 0, expiryMinutes: 15, monitoringMinutes: 1440 },
      policies: { under: { action: 'top_up' }, over: { action: 'refund' }, late: { action: 'refund' } },
    });
    expect(read.text).not.toContain(shop.xpub);
    const listed = await test.call('GET', `payments/crypto/assets?tenantId=${shop.tenantId}`);
    expect(listed.body.data).toEqual([
      { asset: 'ETH', chainId: CHAIN_ID, contract: null, decimals: 18, requiredConfirmations: 2 },
    ]);
    const [entry] =
      await sql`select after from audit_entries where action = 'cryptoSettings.updated' and tenant_id = ${shop.tenantId}`;
    expect(JSON.stringify(entry)).not.toContain(shop.xpub);
    const buyer = await test.call('PUT', path, { token: shop.buyer.token, body: { assets: [] } });
    expect(buyer.status).toBe(404);
  });

  it('takes no private key, no unknown chain, and nothing that is not so on the chain', async () => {
    const { xprv } = newXpub();
    const token = await deployToken(chain);
    const refused = async (body: object) => {
      const { status, body: answer } = await setUp(test, shop, { assets: [], ...body });
      return `${status} ${answer.error?.code}`;
    };
    expect(await refused({ account: { xpub: xprv } })).toBe('422 XPUB_INVALID');
    expect(await refused({ account: { xpub: `${shop.xpub.slice(0, -1)}1` } })).toBe('422 XPUB_INVALID');
    expect(await refused({ assets: [{ ...ETH, chainId: 5 }] })).toBe('422 CHAIN_UNKNOWN');
    expect(await refused({ assets: [{ ...ETH, decimals: 6 }] })).toBe('422 ASSET_MISMATCH');
    expect(await refused({ assets: [tokenAsset(token, { decimals: 18 })] })).toBe('422 ASSET_MISMATCH');
    expect(await refused({ assets: [tokenAsset(ADDRESS)] })).toBe('422 ASSET_MISMATCH');
    expect(await refused({ assets: [ETH, ETH] })).toBe('400 VALIDATION_ERROR');
    expect(await refused({ monitoringMinutes: 5 })).toBe('400 VALIDATION_ERROR');
  });

  it('takes no address at which money is lost', async () => {
    const token = await deployToken(chain);
    const right = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
    const given = async (address: string) => {
      const { status, body } = await setUp(test, shop, { account: { address }, assets: [tokenAsset(token)] });
      return `${status} ${body.error?.code ?? body.data.account.address}`;
    };
    expect(await given(right.replace('C51', 'c51'))).toBe('422 ADDRESS_INVALID');
    expect(await given(`0x${'0'.repeat(40)}`)).toBe('422 ADDRESS_INVALID');
    expect(await given(token)).toBe('422 ADDRESS_INVALID');
    for (const good of [right, right.toLowerCase(), `0x${right.slice(2).toUpperCase()}`]) {
      expect(await given(good)).toBe(`200 ${right.toLowerCase()}`);
    }
    expect((await setUp(test, shop, { account: { xpub: shop.xpub }, assets: [ETH] })).status).toBe(200);
  });

  it('gives every payment an address of its own, over all brands that have the key', async () => {
    const twin = await openCryptoShop(test, { account: { xpub: shop.xpub } });
    const made = await Promise.all([...Array(10).keys()].map((index) => pay(test, index % 2 === 0 ? shop : twin)));
    expect(new Set(made.map(({ address }) => address)).size).toBe(10);
  });

  it('tells payers at one address apart by the exact amount', async () => {
    const one = await openCryptoShop(test, { account: { address: ADDRESS } });
    const made = await Promise.all([1, 2, 3].map(() => pay(test, one)));
    expect(new Set(made.map(({ payAmount }) => payAmount)).size).toBe(3);
    for (const { address, payAmount } of made) {
      expect(address.toLowerCase()).toBe(ADDRESS);
      expect(Number(payAmount)).toBeLessThan(0.00752);
      expect(Number(payAmount)).toBeGreaterThanOrEqual(0.0075);
    }
    const [first, second, third] = made;
    await send(chain, ADDRESS, second?.payAmount ?? '');
    await send(chain, ADDRESS, '0.0081');
    await mine(chain);
    await watch(test);
    const states = await Promise.all([first, second, third].map((payment) => stateOf(test, payment as never)));
    expect(states.map(({ status }) => status)).toEqual(['pending', 'succeeded', 'pending']);
    const listed = await test.call('GET', `payments/crypto/tenant/${one.tenantId}/transfers?verdict=unmatched`, {
      token: one.owner.token,
    });
    expect(listed.body.data).toMatchObject([{ units: '8100000000000000', paymentId: null }]);
  });
});

describe('a quote', () => {
  it('makes one payment, of one person, while it lasts', async () => {
    const { body } = await quote(test, shop);
    const { quoteId } = body.data;
    const create = (token: string, clock?: string) =>
      test.call('POST', 'payments/crypto/create', {
        token,
        body: { quoteId },
        headers: clock ? { 'x-test-clock': clock } : {},
      });
    expect((await create(shop.owner.token)).status).toBe(404);
    const later = new Date(Date.now() + 901_000);
    const lateToken = await tokenAt(test, sql, { userId: shop.buyer.userId, at: later });
    expect((await create(lateToken, later.toISOString())).body.error.code).toBe('QUOTE_EXPIRED');
    const made = await Promise.all([1, 2, 3, 4].map(() => create(shop.buyer.token)));
    expect(made.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect((await create(shop.buyer.token)).body.error).toMatchObject({
      code: 'QUOTE_USED',
      details: { trackingId: expect.stringMatching(/^trk_/) },
    });
  });

  it('is for another asset or chain than the brand takes: refused', async () => {
    expect((await quote(test, shop, { asset: 'DOGE' })).body.error.code).toBe('ASSET_UNAVAILABLE');
    expect((await quote(test, shop, { body: { chainId: 1 } })).body.error.code).toBe('ASSET_UNAVAILABLE');
    const sum = await quote(test, shop, { body: { items: undefined, amount: 333, currency: 'USD' } });
    expect(sum.body.error.code).toBe('RATE_UNAVAILABLE');
    expect((await quote(test, shop, { body: { amount: 5, currency: 'EUR' } })).status).toBe(400);
  });

  it('is of a sum, rounded up, and changes with the price of the product no more', async () => {
    await setUp(test, shop, {
      assets: [{ ...ETH, rate: { source: 'static', prices: { EUR: '3000', JPY: '450000', KWD: '800' } } }],
    });
    const of = async (amount: number, currency: string) =>
      (await quote(test, shop, { body: { items: undefined, amount, currency } })).body.data.payAmount;
    expect(await of(100, 'EUR')).toBe('0.00033334');
    expect(await of(100, 'JPY')).toBe('0.00022223');
    expect(await of(1000, 'KWD')).toBe('0.00125');
    const made = await pay(test, shop, { body: { items: undefined, amount: 100, currency: 'EUR' } });
    expect(made.payment).toMatchObject({ amount: 100, items: [{ productId: null }] });
    const quoted = await quote(test, shop);
    await shop.sell({ id: shop.productId, price: { amount: 1600, currency: 'EUR' } });
    const body = { quoteId: quoted.body.data.quoteId };
    const created = await test.call('POST', 'payments/crypto/create', { token: shop.buyer.token, body });
    expect(created.body.error.code).toBe('QUOTE_OUTDATED');
  });

  it('is not made from an old price', async () => {
    const feed = (await chain.deploy(testFeed({ decimals: 8 }))).toLowerCase() as `0x${string}`;
    const word = (value: number) => `0x${value.toString(16).padStart(64, '0')}` as const;
    const answer = async (price: number, at: number) => {
      await chain.client.setStorageAt({ address: feed, index: 0, value: word(price) });
      await chain.client.setStorageAt({ address: feed, index: 1, value: word(at) });
    };
    const now = Math.floor(Date.now() / 1000);
    await answer(200_000_000_000, now);
    const rate = { source: 'feed', chainId: CHAIN_ID, contract: feed, currency: 'EUR' };
    const fed = await openCryptoShop(test, { assets: [{ ...ETH, rate }] });
    expect((await quote(test, fed)).body.data).toMatchObject({
      rate: '2000',
      rateSource: `feed:${feed}`,
      payAmount: '0.0075',
    });
    const late = await quote(test, fed, { clock: new Date(Date.now() + 305_000) });
    expect(late.status, late.text).toBe(503);
    expect(late.body.error.details).toMatchObject({ reason: 'rate_stale' });
  });

  it('and payment in one, where the brand takes one asset', async () => {
    const created = await order(test, shop, { body: { method: 'crypto' }, key: 'one-crypto' });
    expect(created.status, created.text).toBe(201);
    const again = await order(test, shop, { body: { method: 'crypto' }, key: 'one-crypto' });
    expect(again.body.data).toEqual(created.body.data);
    const canceled = await test.call('POST', `payments/${created.body.data.payment.id}/cancel`, {
      token: shop.buyer.token,
    });
    expect(canceled.body.data).toMatchObject({ status: 'canceled', crypto: { status: 'expired' } });
  });
});
