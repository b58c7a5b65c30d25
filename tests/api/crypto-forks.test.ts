import { describe, expect, it } from 'vitest';
import type { Chain } from '#src/clients/chains.ts';
import { startChainApp } from '../support/chain-app.ts';
import { CHAIN_ID, ETH, mine, openCryptoShop, pay, send, watch } from '../support/crypto.ts';
import { depsAt, inMinutes, ownedBy, secondInstance } from '../support/payments.ts';

const { chain, test, sql, nodeWith, statusOf, eventsOf } = await startChainApp();

async function cursor() {
  const [row] = await sql`select block_number::int as number, block_hash as hash from chain_cursors`;
  return row as unknown as { number: number; hash: string };
}
const rawOf = (hash: string) =>
  chain.client.request({ method: 'eth_getRawTransactionByHash', params: [hash] } as never) as Promise<never>;

describe('a chain that is shorter than it was', () => {
  it('with the same blocks is behind: nothing is undone, however long', async () => {
    const shop = await openCryptoShop(test);
    const made = await pay(test, shop);
    await watch(test);
    const snapshot = await chain.client.snapshot();
    await send(chain, made.address, made.payAmount);
    await mine(chain, 3);
    await watch(test);
    const before = await cursor();
    await chain.client.revert({ id: snapshot });
    await watch(test, depsAt(test, inMinutes(120)));
    expect(await cursor()).toEqual(before);
    expect(await statusOf(made)).toBe('succeeded');
    await mine(chain, 8);
    await watch(test);
    expect(await eventsOf(made.id)).toEqual(['payment.succeeded', 'payment.reversed']);
  });

  it('with other blocks is a reorganisation, once nobody sees the longer one any more', async () => {
    const shop = await openCryptoShop(test);
    const made = await pay(test, shop);
    await watch(test);
    const snapshot = await chain.client.snapshot();
    await send(chain, made.address, made.payAmount);
    await mine(chain, 9);
    await watch(test);
    const before = await cursor();
    await chain.client.revert({ id: snapshot });
    await mine(chain, 2);
    await watch(test);
    expect(await cursor()).toEqual(before);
    expect(await statusOf(made)).toBe('succeeded');
    await watch(test, depsAt(test, inMinutes(1.1)));
    expect((await cursor()).number).toBe(before.number - 8);
    expect(await statusOf(made)).toBe('pending');
    await send(chain, made.address, made.payAmount);
    await mine(chain);
    await watch(test);
    expect(await statusOf(made)).toBe('succeeded');
  });

  it('and was begun anew is read anew', async () => {
    const shop = await openCryptoShop(test);
    const made = await pay(test, shop);
    await watch(test);
    const { number } = await cursor();
    // As if another one had been read, far beyond where this one ends.
    await sql`update chain_cursors set block_number = 5000000, block_hash = '0xgone', synced_at = now() + interval '1 hour'`;
    await sql`delete from chain_blocks`;
    await watch(test, depsAt(test, inMinutes(90)));
    // Its last block is older than the last look: that may be a node that is far behind.
    expect((await cursor()).number).toBe(5_000_000);
    await sql`update chain_cursors set synced_at = now() - interval '1 hour'`;
    await send(chain, made.address, made.payAmount);
    await mine(chain);
    await watch(test);
    expect((await cursor()).number).toBe(number + 2);
    expect(await statusOf(made)).toBe('succeeded');
  });
});

describe('a transfer that stands in both chains', () => {
  it('takes nothing back, though its block is another one and has been undone', async () => {
    const shop = await openCryptoShop(test, {}, { stock: 9 });
    const made = await pay(test, shop);
    await watch(test);
    const snapshot = await chain.client.snapshot();
    const raw = await rawOf(await send(chain, made.address, made.payAmount));
    await mine(chain, 30);
    await watch(test);
    expect(await statusOf(made)).toBe('succeeded');
    const owned = await ownedBy(test, shop);
    await chain.client.revert({ id: snapshot });
    await mine(chain, 2);
    await chain.client.sendRawTransaction({ serializedTransaction: raw });
    await mine(chain, 31);
    await watch(test);
    expect(await statusOf(made)).toBe('succeeded');
    expect(await ownedBy(test, shop)).toBe(owned);
    expect(await eventsOf(made.id)).toEqual(['payment.succeeded']);
    const [row] =
      await sql`select block_number::int as n, reversed_at from crypto_transfers where payment_id = ${made.id}`;
    expect(row).toMatchObject({ n: (await cursor()).number - 31, reversed_at: null });
  });
});

describe('two nodes that are not of one mind', () => {
  it('do not keep the watcher busy', async () => {
    const shop = await openCryptoShop(test);
    const made = await pay(test, shop);
    await watch(test);
    await send(chain, made.address, made.payAmount);
    await mine(chain, 4);
    await watch(test);
    const real = test.deps.chains.find(CHAIN_ID) as Chain;
    const base = (await cursor()).number - 2;
    let asked = 0;
    // The other node has other blocks from there on, and every second answer is its.
    const other = (number: number) => (number > base ? `0x${number.toString(16).padStart(64, 'f')}` : null);
    const blockAt = async (number: number) => {
      asked += 1;
      const block = await real.blockAt(number);
      if (!block || number <= base || asked % 2 === 0) return block;
      return { ...block, hash: other(number) ?? '', parentHash: other(number - 1) ?? block.parentHash, transfers: [] };
    };
    const hashAt = async (number: number) => {
      asked += 1;
      return asked % 2 === 0 ? real.hashAt(number) : (other(number) ?? real.hashAt(number));
    };
    for (let round = 0; round < 5; round += 1) {
      asked = round;
      await mine(chain);
      await watch(test, { chains: nodeWith({ blockAt, hashAt }) }).catch((error) => expect(error.statusCode).toBe(503));
      expect(asked).toBeLessThan(150);
    }
    await mine(chain);
    await watch(test);
    expect(await statusOf(made)).toBe('succeeded');
  });
});

describe('a chain that is not watched any more', () => {
  const without = { list: [], find: () => undefined };

  it('ends what is awaited there when all of its time is over, and finds late money when it is back', async () => {
    const shop = await openCryptoShop(test, { monitoringMinutes: 60 }, { stock: 5 });
    const [unpaid, paid] = [await pay(test, shop), await pay(test, shop)];
    await watch(test);
    await send(chain, paid.address, paid.payAmount);
    await watch(test);
    const { checkPayments } = await import('#src/payments/check-payments.ts');
    const sweep = (minutes: number) => checkPayments({ ...depsAt(test, inMinutes(minutes)), chains: without });
    await sweep(30);
    expect(await statusOf(unpaid)).toBe('pending');
    await sweep(62);
    await sweep(64);
    const read = await test.call('GET', `payments/status/${unpaid.trackingId}`);
    expect(read.body.data).toMatchObject({ status: 'expired', crypto: { status: 'expired' } });
    expect(read.body.data.crypto.timeline.at(-1)).toMatchObject({
      kind: 'expired',
      data: { reason: 'chain_not_watched' },
    });
    // Its money was seen: an admin says what becomes of it, or the chain when it is back.
    expect(await statusOf(paid)).toBe('processing');
    const product = await test.call('GET', `tenants/${shop.tenantId}/products/${shop.productId}`);
    expect(product.body.data.stock).toBe(4);
    await send(chain, unpaid.address, unpaid.payAmount);
    await mine(chain);
    await watch(test);
    expect(await statusOf(paid)).toBe('succeeded');
    const found = (await test.call('GET', `payments/status/${unpaid.trackingId}`)).body.data;
    expect(found.crypto).toMatchObject({ actuallyPaid: '0.0075' });
  });

  it('is not offered, and the operator is told what is awaited there', async () => {
    const { runWatching } = await import('#src/crypto/run-watching.ts');
    const shop = await openCryptoShop(test, { assets: [ETH] });
    const made = await pay(test, shop);
    const blind = await secondInstance(test);
    Object.assign(blind.deps, { chains: without });
    const said: object[] = [];
    const log = { info: () => {}, warn: () => {}, error: (fields: object) => void said.push(fields) };
    await runWatching({ ...blind.deps, log }).stop();
    expect(said).toMatchObject([{ chainId: CHAIN_ID, payments: expect.any(Number) }]);
    const { tenantId, productId, buyer } = shop;
    const assets = await blind.call('GET', `payments/crypto/assets?tenantId=${tenantId}`);
    expect(assets.body.data).toEqual([]);
    const body = { tenantId, items: [{ productId, quantity: 1 }], asset: 'ETH', chainId: CHAIN_ID };
    const quoted = await blind.call('POST', 'payments/crypto/quote', { token: buyer.token, body });
    expect(quoted.body.error.code).toBe('ASSET_UNAVAILABLE');
    const before = await test.call('POST', 'payments/crypto/quote', { token: buyer.token, body });
    const create = { token: buyer.token, body: { quoteId: before.body.data.quoteId } };
    expect((await blind.call('POST', 'payments/crypto/create', create)).body.error.code).toBe('METHOD_UNAVAILABLE');
    const looked = await blind.call('POST', `payments/crypto/${made.trackingId}/status`);
    expect(looked.body.error).toMatchObject({ statusCode: 503, details: { reason: 'chain_not_watched' } });
  });
});
