import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChains } from '#src/clients/chains.ts';
import { startChainApp } from '../support/chain-app.ts';
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
  stateOf,
  tokenAsset,
  watch,
} from '../support/crypto.ts';
import { checkInvariants } from '../support/invariants.ts';
import { ownedBy, secondInstance, stockOf } from '../support/payments.ts';

const { chain, test, sql, statusOf, eventsOf, look } = await startChainApp();
let shop: CryptoShop;
let token: `0x${string}`;

beforeAll(async () => {
  token = await deployToken(chain);
  shop = await openCryptoShop(test, { assets: [ETH, tokenAsset(token)] }, { stock: 50 });
});
afterAll(() => checkInvariants(sql, { stock: { [shop.productId]: 50 } }));

describe('a reorganisation', () => {
  it('takes back what was given, and gives it again when the money comes again', async () => {
    const before = await ownedBy(test, shop);
    const made = await pay(test, shop, { asset: 'USDX' });
    await watch(test);
    const snapshot = await chain.client.snapshot();
    await sendToken(chain, { token, to: made.address, units: 15_000_000n });
    await mine(chain, 3);
    await watch(test);
    expect(await statusOf(made)).toBe('succeeded');
    const stock = await stockOf(test, shop);
    await chain.client.revert({ id: snapshot });
    await mine(chain, 6);
    await watch(test);
    const reversed = await stateOf(test, made);
    expect(reversed).toMatchObject({ status: 'pending', crypto: { status: 'new', actuallyPaid: '0' } });
    expect(reversed.crypto.transactions).toMatchObject([{ reversed: true, confirmations: 0 }]);
    expect(reversed.crypto.timeline.at(-1)).toMatchObject({ kind: 'reversed' });
    expect(await ownedBy(test, shop)).toBe(before);
    expect(await stockOf(test, shop)).toBe(stock);
    await checkInvariants(sql);
    await sendToken(chain, { token, to: made.address, units: 15_000_000n });
    await mine(chain, 2);
    await watch(test);
    expect(await statusOf(made)).toBe('succeeded');
    expect(await ownedBy(test, shop)).toBe(before + 1);
    expect(await eventsOf(made.id)).toEqual(['payment.succeeded', 'payment.reversed', 'payment.succeeded']);
  });

  it('of the same height is seen, too, and a transfer that stands in both counts once', async () => {
    const made = await pay(test, shop);
    await watch(test);
    const snapshot = await chain.client.snapshot();
    const hash = await send(chain, made.address, '0.0075');
    await watch(test);
    const raw = await chain.client.request({ method: 'eth_getRawTransactionByHash', params: [hash] } as never);
    await chain.client.revert({ id: snapshot });
    await chain.client.setNextBlockTimestamp({ timestamp: BigInt(Math.floor(Date.now() / 1000) + 30) });
    await chain.client.sendRawTransaction({ serializedTransaction: raw as never });
    await watch(test);
    expect(await stateOf(test, made)).toMatchObject({
      status: 'processing',
      crypto: { actuallyPaid: '0.0075', transactions: [{ txHash: hash, reversed: false }] },
    });
    await mine(chain);
    await watch(test);
    expect(await statusOf(made)).toBe('succeeded');
  });
});

describe('the watcher', () => {
  it('goes on where it was left, over many blocks', async () => {
    const made = await pay(test, shop);
    await send(chain, made.address, '0.0075');
    await mine(chain, 57);
    const again = await secondInstance(test);
    expect(await watch(again)).toBe(58);
    expect(await watch(again)).toBe(0);
    expect(await statusOf(made)).toBe('succeeded');
  });

  it('is right with two at once', async () => {
    const other = await secondInstance(test);
    const made = await Promise.all(Array.from({ length: 6 }, () => pay(test, shop)));
    for (const one of made) await send(chain, one.address, '0.0075');
    await mine(chain, 30);
    await Promise.all([watch(test), watch(other), watch(test), watch(other)]);
    await watch(test);
    for (const one of made) {
      expect(await statusOf(one)).toBe('succeeded');
      expect(await eventsOf(one.id)).toEqual(['payment.succeeded']);
    }
  });

  it('survives a node that does not answer, and nothing expires meanwhile', async () => {
    const made = await pay(test, shop);
    const settings = { chainId: CHAIN_ID, name: 'Down', confirmations: 1, native: { asset: 'ETH', decimals: 18 } };
    const chains = createChains([{ ...settings, rpcUrl: 'http://127.0.0.1:1' }]);
    await expect(watch(test, { chains })).rejects.toMatchObject({ statusCode: 503 });
    const wrong = createChains([{ ...settings, chainId: 1, rpcUrl: chain.url }]);
    await expect(wrong.find(1)?.head()).rejects.toMatchObject({ details: { reason: 'chain_mismatch' } });
    await send(chain, made.address, '0.0075');
    await mine(chain);
    await watch(test);
    expect(await statusOf(made)).toBe('succeeded');
  });

  it('does not count what failed', async () => {
    const made = await pay(test, shop);
    await chain.client.setCode({ address: made.address, bytecode: '0x60006000fd' });
    const hash = await chain.client.sendTransaction({ to: made.address, value: 7_500_000_000_000_000n, gas: 100_000n });
    await chain.client.waitForTransactionReceipt({ hash });
    await mine(chain);
    await watch(test);
    expect(await stateOf(test, made)).toMatchObject({ status: 'pending', crypto: { transactions: [] } });
    const named = await look(made.trackingId, hash);
    expect(named.body.error?.code, named.text).toBe('TRANSACTION_NOT_FOUND');
  });
});

describe('a look by the name of a transaction', () => {
  it('finds what stands in the chain, for this payment alone', async () => {
    const [made, other] = [await pay(test, shop), await pay(test, shop)];
    const hash = await send(chain, made.address, '0.0075');
    expect((await look(made.trackingId, hash.toUpperCase().replace('0X', '0x'))).body.data).toMatchObject({
      status: 'processing',
    });
    const stranger = await look(other.trackingId, hash);
    expect(stranger.status).toBe(409);
    expect(stranger.body.error).toMatchObject({ code: 'TRANSACTION_MISMATCH' });
    expect((await look(made.trackingId, `0x${'12'.repeat(32)}`)).body.error.code).toBe('TRANSACTION_NOT_FOUND');
    await mine(chain);
    const looked = await test.call('POST', `payments/crypto/${made.trackingId}/status`);
    expect(looked.body.data).toMatchObject({ status: 'succeeded', crypto: { confirmations: 2 } });
  });
});
