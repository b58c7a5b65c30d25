import { encodeFunctionData, erc20Abi, type Hex, parseUnits } from 'viem';
import { HDKey } from 'viem/accounts';
import { expect } from 'vitest';
import type { Deps } from '#src/context.ts';
import { watchChain } from '#src/crypto/watch-chain.ts';
import { testToken } from '#src/embedded/test-contracts.ts';
import type { startChain } from './anvil.ts';
import { openShop, type Shop } from './payments.ts';
import type { Answer, TestApp } from './test-app.ts';

export type Chain = Awaited<ReturnType<typeof startChain>>;
export const CHAIN_ID = 31_337;

let seeds = 0;

/** An extended public key of an account that nobody else has. */
export function newXpub(): { xpub: string; xprv: string } {
  seeds += 1;
  const seed = Buffer.alloc(32, 7);
  seed.writeUInt32BE(process.pid, 0);
  seed.writeUInt32BE(seeds, 4);
  const account = HDKey.fromMasterSeed(seed).derive("m/44'/60'/0'");
  return { xpub: account.publicExtendedKey, xprv: account.privateExtendedKey };
}

export const prices = (price = '2000') => ({ source: 'static', prices: { EUR: price } });
export const ETH = {
  asset: 'ETH',
  chainId: CHAIN_ID,
  contract: null,
  decimals: 18,
  confirmations: 2,
  rate: prices(),
};

/** A token on the chain, all of it with the rich account. */
export async function deployToken(chain: Chain, { symbol = 'USDX', decimals = 6 } = {}) {
  return (await chain.deploy(testToken({ symbol, decimals, supply: 10n ** 30n }))).toLowerCase() as Hex;
}
export const tokenAsset = (contract: Hex, change: object = {}) => {
  return { asset: 'USDX', chainId: CHAIN_ID, contract, decimals: 6, confirmations: 2, rate: prices('1'), ...change };
};

export type CryptoShop = Shop & { xpub: string };

/** A brand that takes ETH, and what else is said, at fresh addresses. */
export async function openCryptoShop(test: TestApp, settings: object = {}, product: object = {}): Promise<CryptoShop> {
  const shop = await openShop(test, product);
  const { xpub } = newXpub();
  const saved = await setUp(test, shop, { account: { xpub }, assets: [ETH], ...settings });
  expect(saved.status, saved.text).toBe(200);
  return { ...shop, xpub };
}

export function setUp(test: Pick<TestApp, 'call'>, { tenantId, owner }: Shop, body: object): Promise<Answer> {
  return test.call('PUT', `payments/crypto/tenant/${tenantId}/settings`, { token: owner.token, body });
}

type Ordering = { token?: string; asset?: string; body?: object; clock?: Date };
const at = (clock: Date | undefined) => (clock ? { 'x-test-clock': clock.toISOString() } : {});

export function quote(test: Pick<TestApp, 'call'>, shop: Shop, { token, asset = 'ETH', body, clock }: Ordering = {}) {
  const { tenantId, productId, buyer } = shop;
  return test.call('POST', 'payments/crypto/quote', {
    token: token ?? buyer.token,
    body: { tenantId, items: [{ productId, quantity: 1 }], asset, chainId: CHAIN_ID, ...body },
    headers: at(clock),
  });
}

export type Payable = { id: string; trackingId: string; address: Hex; payAmount: string; crypto: any; payment: any };

/** A payment in crypto that waits for its money. */
export async function pay(test: Pick<TestApp, 'call'>, shop: Shop, ordering: Ordering = {}): Promise<Payable> {
  const quoted = await quote(test, shop, ordering);
  expect(quoted.status, quoted.text).toBe(201);
  const created = await test.call('POST', 'payments/crypto/create', {
    token: ordering.token ?? shop.buyer.token,
    body: { quoteId: quoted.body.data.quoteId },
    headers: at(ordering.clock),
  });
  expect(created.status, created.text).toBe(201);
  const { payment, crypto } = created.body.data;
  const { id, trackingId } = payment;
  return { id, trackingId, address: crypto.address, payAmount: crypto.payAmount, crypto, payment };
}

/** Sends the native asset; the transaction stands in a block of its own. */
export async function send({ client }: Chain, to: Hex, amount: string | bigint): Promise<Hex> {
  const value = typeof amount === 'bigint' ? amount : parseUnits(amount, 18);
  const hash = await client.sendTransaction({ to, value });
  await client.waitForTransactionReceipt({ hash });
  return hash;
}

export async function sendToken({ client }: Chain, { token, to, units }: { token: Hex; to: Hex; units: bigint }) {
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, units] });
  const hash = await client.sendTransaction({ to: token, data, gas: 200_000n });
  await client.waitForTransactionReceipt({ hash });
  return hash;
}

export const mine = ({ client }: Chain, blocks = 1) => client.mine({ blocks });

export function watch(test: Pick<TestApp, 'deps'>, deps: Partial<Deps> = {}): Promise<number> {
  return watchChain({ ...test.deps, ...deps }, CHAIN_ID);
}

/** How the payment stands, as whoever has its tracking id sees it. */
export async function stateOf(test: Pick<TestApp, 'call'>, { trackingId }: Pick<Payable, 'trackingId'>) {
  const answer = await test.call('GET', `payments/status/${trackingId}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
}
