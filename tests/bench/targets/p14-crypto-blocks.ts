import { createDatabase } from '#db/client.ts';
import { createJobs } from '#db/jobs.ts';
import { createChains } from '#src/clients/chains.ts';
import { systemClock } from '#src/clients/clock.ts';
import { createExchangeRates } from '#src/clients/exchange-rates.ts';
import { watchChain } from '#src/crypto/watch-chain.ts';
import { LOCAL_CHAIN, startLocalChain } from '#src/embedded/local-chain.ts';
import { type Bench, POOL_SIZE } from '../bench.ts';
import { countSettled, fillOpenPayments, mineBlock, payInOneBlock } from '../crypto.ts';
import type { Target } from '../measurements.ts';

const OPEN = 10_000;
const TRANSFERS = 1_000;

export const cryptoBlocks: Target = {
  id: 'P14',
  title: 'a block with 1,000 transfers to some of 10,000 open payments',
  target: '<= 1 s',
  run: async (bench) => {
    const chain = await startLocalChain(await bench.temporaryFolder());
    if (!chain) return [];
    bench.onEnd(chain.stop);
    const { chainId } = LOCAL_CHAIN;
    const { deps, close } = watcherOf(bench, chain.url);
    const timed = async () => {
      const startedAt = performance.now();
      await watchChain(deps, chainId);
      return performance.now() - startedAt;
    };
    await timed();
    const open = await fillOpenPayments(bench.databaseUrl, { chainId, count: OPEN });
    const found: number[] = [];
    const settled: number[] = [];
    for (let round = 0; round < Math.min(bench.options.rounds, OPEN / TRANSFERS); round += 1) {
      const before = await countSettled(bench.databaseUrl);
      await payInOneBlock(chain, open.slice(round * TRANSFERS, (round + 1) * TRANSFERS));
      found.push(await timed());
      await mineBlock(chain);
      settled.push(await timed());
      const paid = (await countSettled(bench.databaseUrl)) - before;
      if (paid !== TRANSFERS) throw new Error(`${paid} of ${TRANSFERS} payments were settled`);
    }
    await close();
    return [
      {
        what: 'found, and all payments of it under way',
        unit: 'ms',
        ours: found,
        goal: { of: 'figure', atMost: 1_000 },
      },
      { what: 'with the next block: all of them settled', unit: 'ms', ours: settled },
    ];
  },
};

/** A watcher in this process, with the pool of a service. */
function watcherOf({ databaseUrl }: Bench, rpcUrl: string) {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const { db, close } = createDatabase({ url: databaseUrl, poolSize: POOL_SIZE });
  const chains = createChains([{ ...LOCAL_CHAIN, rpcUrl }]);
  const rates = createExchangeRates({ chains, url: undefined, path: 'rate', timePath: undefined });
  const jobs = createJobs({ url: databaseUrl, log, works: false, baseUrl: '' });
  return { deps: { db, chains, rates, jobs, clock: systemClock, log }, close };
}
