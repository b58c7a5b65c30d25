import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createChains } from '#src/clients/chains.ts';
import { runWatching } from '#src/crypto/run-watching.ts';
import { afterFile } from '../support/after-file.ts';
import { startChain } from '../support/anvil.ts';
import { CHAIN_ID, ETH, mine, openCryptoShop, pay, send, stateOf, watch } from '../support/crypto.ts';
import { checkInvariants } from '../support/invariants.ts';
import { openRows } from '../support/rows.ts';
import { startRpcProxy } from '../support/rpc-proxy.ts';
import { startTestApp } from '../support/test-app.ts';

const OTHER_ID = 31_338;
const [chain, other] = [await startChain({ chainId: CHAIN_ID }), await startChain({ chainId: OTHER_ID })];
const proxy = await startRpcProxy(chain.url);
const native = { asset: 'ETH', decimals: 18 };
const settings = [
  { chainId: CHAIN_ID, name: 'Behind a proxy', rpcUrl: proxy.url, confirmations: 2, native },
  { chainId: OTHER_ID, name: 'Other', rpcUrl: other.url, confirmations: 2, native },
];
const test = await startTestApp({ EVM_RPC_URL: chain.url, EVM_CHAINS: JSON.stringify(settings) });
const { sql } = openRows(test.url);
afterAll(() => checkInvariants(sql));
beforeEach(() => proxy.behave(() => 'pass'));

const PACE = { idleMs: 20, mostMs: 300 };
/** A watcher of its own, as a process begins one. */
function beginWatching() {
  const running = runWatching({ ...test.deps, chains: createChains(settings) }, PACE);
  let ended: Promise<void> | undefined;
  const stop = () => {
    ended ??= running.stop();
    return ended;
  };
  afterFile(stop);
  return stop;
}
const settles = (made: { trackingId: string }, timeout = 8_000) =>
  expect.poll(async () => (await stateOf(test, made)).status, { timeout }).toBe('succeeded');

describe('a node behind a limit', () => {
  it('that answers 429 is asked ever more seldom, and nothing is lost', async () => {
    const shop = await openCryptoShop(test);
    const made = await pay(test, shop);
    await watch(test);
    await send(chain, made.address, made.payAmount);
    await mine(chain, 25);
    proxy.behave(() => ({ status: 429, headers: { 'content-type': 'text/plain' }, body: 'Too Many Requests' }));
    const stop = beginWatching();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    // A watcher that does not hold back would have asked about 150 times, three times each.
    expect(proxy.asked()).toBeGreaterThan(1);
    expect(proxy.asked()).toBeLessThan(25);
    expect((await stateOf(test, made)).status).toBe('pending');
    proxy.behave(() => 'pass');
    await settles(made);
    await stop();
  });

  it('that says for how long it wants to be left alone is not asked before', async () => {
    const shop = await openCryptoShop(test);
    const made = await pay(test, shop);
    await watch(test);
    await send(chain, made.address, made.payAmount);
    await mine(chain);
    proxy.behave(() => ({ status: 429, headers: { 'retry-after': '3' } }));
    const stop = beginWatching();
    await expect.poll(proxy.asked, { timeout: 2_000 }).toBe(1);
    proxy.behave(() => 'pass');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(proxy.asked()).toBe(0);
    await settles(made);
    await stop();
  });

  it('that refuses every second question is read all the same', async () => {
    const shop = await openCryptoShop(test);
    const made = await pay(test, shop);
    await watch(test);
    await send(chain, made.address, made.payAmount);
    await mine(chain, 12);
    const limit = JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32_005, message: 'limit exceeded' } });
    proxy.behave((asked) => {
      if (asked % 4 === 0) return { status: 429 };
      return asked % 2 === 0 ? { status: 200, headers: { 'content-type': 'application/json' }, body: limit } : 'pass';
    });
    const stop = beginWatching();
    await settles(made, 15_000);
    await stop();
  });

  it.each([
    ['500', { status: 500, body: 'oops' }],
    ['a page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['nothing', { status: 200, headers: { 'content-type': 'application/json' }, body: '{"jsonrpc":"2.0","id":1}' }],
    ['no silence to be broken', 'hang' as const],
  ])('that answers with %s holds up nobody on another chain', async (_what, how) => {
    const shop = await openCryptoShop(test, { assets: [ETH, { ...ETH, chainId: OTHER_ID }] });
    const here = await pay(test, shop);
    const there = await pay(test, shop, { body: { chainId: OTHER_ID } });
    await watch(test);
    await send(chain, here.address, here.payAmount);
    await mine(chain, 3);
    await send(other, there.address, there.payAmount);
    await mine(other, 3);
    proxy.behave(() => how);
    const stop = beginWatching();
    await settles(there, 3_000);
    expect((await stateOf(test, here)).status).toBe('pending');
    proxy.behave(() => 'pass');
    await settles(here, 15_000);
    await stop();
  });
});

describe('a look', () => {
  it('at a node that hangs ends after a few seconds, with what is known', async () => {
    const shop = await openCryptoShop(test);
    const made = await pay(test, shop);
    proxy.behave(() => 'hang');
    const startedAt = performance.now();
    const path = `payments/crypto/${made.trackingId}/status`;
    const looked = await Promise.all(Array.from({ length: 5 }, () => test.call('POST', path)));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    for (const { status, body } of looked) expect([status, body.data.status]).toEqual([200, 'pending']);
    expect(proxy.asked()).toBeLessThan(3);
    const named = await test.call('POST', path, { body: { txHash: `0x${'7e'.repeat(32)}` } });
    expect(named.body.error).toMatchObject({ statusCode: 503, details: { reason: 'chain_unavailable' } });
    expect(performance.now() - startedAt).toBeLessThan(14_000);
    proxy.behave(() => 'pass');
  });

  it('reads a few blocks, once for all who ask, and the clock of a test moves nobody else', async () => {
    const shop = await openCryptoShop(test);
    const made = await pay(test, shop);
    await watch(test, { chains: createChains(settings) });
    await mine(chain, 100);
    const path = `payments/crypto/${made.trackingId}/status`;
    await test.call('POST', path);
    proxy.behave(() => 'pass');
    const [before] =
      await sql`select block_number::int as n, synced_at from chain_cursors where chain_id = ${CHAIN_ID}`;
    const clock = { 'x-test-clock': new Date(Date.now() + 3_600_000).toISOString() };
    const looked = await Promise.all(Array.from({ length: 8 }, () => test.call('POST', path, { headers: clock })));
    expect(looked.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const [after] = await sql`select block_number::int as n, synced_at from chain_cursors where chain_id = ${CHAIN_ID}`;
    expect(after?.['n'] - before?.['n']).toBeLessThanOrEqual(60);
    expect(proxy.asked()).toBeLessThan(150);
    expect(after?.['synced_at'].getTime()).toBeLessThan(Date.now() + 1_000);
    // For whoever asked at that instant time has passed, once all is read.
    await watch(test, { chains: createChains(settings) });
    expect((await test.call('POST', path, { headers: clock })).body.data.status).toBe('expired');
  });
});
