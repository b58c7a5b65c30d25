import { expect } from 'vitest';
import { watchChain } from '#src/crypto/watch-chain.ts';
import { newXpub } from './crypto.ts';
import type { LiveCall } from './live-calls.ts';
import { paperChain } from './paper-chain.ts';
import type { TestApp } from './test-app.ts';
import type { StaffedBrand } from './world.ts';

const settings = () => {
  const rate = { source: 'static', prices: { EUR: '2500' } };
  const assets = [{ asset: 'ETH', chainId: 1, contract: null, decimals: 18, rate }];
  return { account: { xpub: newXpub().xpub }, assets, policies: { over: { action: 'credit' } } };
};

/** The brand takes ETH on paper. */
export async function takeCrypto(test: TestApp, { tenantId, owner }: StaffedBrand): Promise<void> {
  const call = { token: owner.token, body: settings() };
  const saved = await test.call('PUT', `payments/crypto/tenant/${tenantId}/settings`, call);
  expect(saved.status, saved.text).toBe(200);
}

async function quoted(test: TestApp, brand: StaffedBrand): Promise<string> {
  await takeCrypto(test, brand);
  const items = [{ productId: brand.params['productId'], quantity: 1 }];
  const body = { tenantId: brand.tenantId, items, asset: 'ETH', chainId: 1 };
  const answer = await test.call('POST', 'payments/crypto/quote', { token: brand.owner.token, body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.data.quoteId;
}

export async function payOnPaper(test: TestApp, brand: StaffedBrand) {
  const body = { quoteId: await quoted(test, brand) };
  const created = await test.call('POST', 'payments/crypto/create', { token: brand.owner.token, body });
  expect(created.status, created.text).toBe(201);
  return created.body.data as { payment: any; crypto: any };
}

/** Calls of the operations of crypto that succeed. */
export const LIVE_CRYPTO: Record<string, (test: TestApp, brand: StaffedBrand) => Promise<Partial<LiveCall>>> = {
  quoteCryptoPayment: async (test, brand) => {
    await takeCrypto(test, brand);
    return {};
  },
  createCryptoPayment: async (test, brand) => ({ body: { quoteId: await quoted(test, brand) } }),
  checkCryptoPayment: async (test, brand) => {
    const { payment } = await payOnPaper(test, brand);
    return { url: `payments/crypto/${payment.trackingId}/status`, body: {} };
  },
  markCryptoPayment: async (test, brand) => {
    const { payment } = await payOnPaper(test, brand);
    return { url: `payments/crypto/${payment.trackingId}/mark` };
  },
  recordCryptoRefund: async (test, brand) => {
    const { token } = brand.owner;
    const { payment } = await payOnPaper(test, brand);
    const path = `payments/crypto/${payment.trackingId}`;
    await test.call('POST', `${path}/mark`, { token, body: { status: 'settled', reason: 'Cash' } });
    const refunded = await test.call('POST', `payments/refund/${payment.id}`, { token, body: {} });
    expect(refunded.status, refunded.text).toBe(201);
    const { id: refundId } = refunded.body.data.refund;
    const body = {
      txHash: `0x${payment.id.replaceAll('-', '').repeat(2)}`,
      destination: `0x70997970c51812dc3a010c7d01b50e0d17dc79c8`,
      amount: '0.01992',
      refundId,
    };
    return { url: `${path}/refunds`, body };
  },
};

/** What no call does by itself: blocks with what is awaited and what is not, their confirmations, a reorganisation, credit. */
export async function workOnPaper(test: TestApp, brand: StaffedBrand): Promise<void> {
  const { crypto, payment } = await payOnPaper(test, brand);
  const chain = paperChain();
  const deps = { ...test.deps, chains: chain };
  await watchChain(deps, 1);
  const before = chain.head();
  chain.add([{ to: crypto.address, units: 3_960_000_000_000_000n }]);
  for (let n = 0; n < 12; n += 1) chain.add();
  await watchChain(deps, 1);
  const read = await test.call('GET', `payments/status/${payment.trackingId}`);
  expect(read.body.data, read.text).toMatchObject({ status: 'succeeded' });
  chain.fork(before);
  for (let n = 0; n < 14; n += 1) chain.add();
  await watchChain(deps, 1);
  const reversed = await test.call('GET', `payments/status/${payment.trackingId}`);
  expect(reversed.body.data.status).toBe('pending');
  chain.add([{ to: crypto.address, units: 4_960_000_000_000_000n }]);
  for (let n = 0; n < 12; n += 1) chain.add();
  await watchChain(deps, 1);
  const next = await payOnPaper(test, brand);
  expect(next.crypto).toMatchObject({ credit: '0.001', payAmount: '0.00296' });
  chain.fork(before);
  for (let n = 0; n < 30; n += 1) chain.add();
  await watchChain(deps, 1);
  const canceled = await test.call('POST', `payments/${next.payment.id}/cancel`, { token: brand.owner.token });
  expect(canceled.status, canceled.text).toBe(200);
}
