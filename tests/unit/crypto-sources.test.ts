import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChains, type FeedAnswer } from '#src/clients/chains.ts';
import { createExchangeRates } from '#src/clients/exchange-rates.ts';
import { requireRate } from '#src/crypto/steps/find-rate.ts';

let answer: unknown;
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => {
    const { id, method } = JSON.parse(text);
    const result = method === 'eth_chainId' ? '0x7' : answer;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => server.close());

describe('a node that answers nonsense', () => {
  it.each([[null], ['soon'], [{}], [7], [[]]])('is out of reach: %j', async (said) => {
    const { port } = server.address() as AddressInfo;
    const info = { chainId: 7, name: 'Odd', confirmations: 1, native: { asset: 'ETH', decimals: 18 } };
    const chain = createChains([{ ...info, rpcUrl: `http://127.0.0.1:${port}` }]).find(7);
    answer = said;
    const out = { statusCode: 503, details: { reason: 'chain_unavailable' } };
    await expect(chain?.head()).rejects.toMatchObject(out);
    if (said === null) return;
    await expect(chain?.blockAt(1)).rejects.toMatchObject(out);
  });
});

describe('a feed that answers nonsense', () => {
  const now = new Date('2026-11-23T14:15:16Z');
  const contract = `0x${'5c'.repeat(20)}`;
  const find = (feed: FeedAnswer) => {
    const chains = { list: [], find: () => ({ readFeed: async () => feed }) as never };
    const rates = createExchangeRates({ chains, url: undefined, path: 'rate', timePath: undefined });
    const source = { source: 'feed' as const, chainId: 7, contract, currency: 'EUR' };
    return requireRate(rates, { source, asset: 'ETH', currency: 'EUR', now });
  };

  it('has no price', async () => {
    await expect(find({ answer: 2n ** 254n, decimals: 0, at: now })).rejects.toMatchObject({
      code: 'RATE_UNAVAILABLE',
    });
    await expect(find({ answer: 200n, decimals: 0, at: new Date(Number.NaN) })).rejects.toMatchObject({
      statusCode: 503,
      details: { reason: 'rate_stale' },
    });
    expect(await find({ answer: 200n, decimals: 1, at: now })).toMatchObject({ rate: '20' });
  });
});

describe('a source of rates', () => {
  const now = new Date('2026-11-23T14:15:16Z');
  const source = { source: 'feed' as const, chainId: 7, contract: `0x${'5d'.repeat(20)}`, currency: 'EUR' };
  const askedOf = (readFeed: () => Promise<FeedAnswer>) => {
    const chains = { list: [], find: () => ({ readFeed }) as never };
    const rates = createExchangeRates({ chains, url: undefined, path: 'rate', timePath: undefined });
    return () => rates.find({ source, asset: 'ETH', currency: 'EUR', now });
  };

  it('that does not answer is not asked by everybody in turn', async () => {
    let count = 0;
    const find = askedOf(async () => {
      count += 1;
      throw new Error('out of reach');
    });
    for (let index = 0; index < 5; index += 1) await expect(find()).rejects.toThrow('out of reach');
    expect(count).toBe(1);
  });

  it('is asked once by many at a time', async () => {
    let count = 0;
    const find = askedOf(async () => {
      count += 1;
      return { answer: 2_000n, decimals: 0, at: now };
    });
    const found = await Promise.all(Array.from({ length: 5 }, find));
    expect(found.map((one) => one?.rate)).toEqual(Array(5).fill('2000'));
    expect(count).toBe(1);
  });
});
