import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { listAwaitedChains } from '#db/queries/crypto-payments.ts';
import type { Deps } from '../context.ts';
import { computeBlocksAtOnce, computePause } from './pace-rules.ts';
import { BLOCKS_AT_ONCE, watchChain } from './watch-chain.ts';

const PACE = { idleMs: 2_000, mostMs: 60_000 };
const MILLION = 1_000_000;

export type RunningWatch = { stop: () => Promise<void> };

/** Follows every chain, each by itself, until it is stopped. Any number of processes may. */
export function runWatching(deps: Deps, pace = PACE): RunningWatch {
  const stopping = new AbortController();
  const { signal } = stopping;
  const loops = deps.chains.list.map(({ chainId }) => follow(deps, { chainId, signal, pace }));
  const told = tellUnwatched(deps).catch((err) => deps.log.warn({ err }, 'it is not known what is awaited'));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all([told, ...loops]);
    },
  };
}

type Following = { chainId: number; signal: AbortSignal; pace: typeof PACE };

/** A node that does not answer, or says that it is asked too often, is asked ever more seldom, and for less at once. */
async function follow(deps: Deps, { chainId, signal, pace }: Following): Promise<void> {
  let failures = 0;
  let blocksAtOnce = BLOCKS_AT_ONCE;
  while (!signal.aborted) {
    const isRead = await tryOnce(deps, { chainId, blocksAtOnce, signal });
    failures = isRead ? 0 : failures + 1;
    blocksAtOnce = computeBlocksAtOnce(blocksAtOnce, !isRead);
    const pause = computePause({ ...pace, failures, chance: randomInt(MILLION) / MILLION });
    await setTimeout(pause, undefined, { signal }).catch(() => undefined);
  }
}

type Trying = { chainId: number; blocksAtOnce: number; signal: AbortSignal };

async function tryOnce(deps: Deps, { chainId, ...bounds }: Trying): Promise<boolean> {
  try {
    await watchChain(deps, chainId, bounds);
    return true;
  } catch (err) {
    deps.log.warn({ err, chainId }, 'a chain could not be read');
    return false;
  }
}

/** What is awaited where nobody looks is for the operator to know. */
async function tellUnwatched({ db, chains, log }: Deps): Promise<void> {
  for (const { chainId, count } of await listAwaitedChains(db)) {
    if (chains.find(chainId)) continue;
    log.error({ chainId, payments: count }, 'payments are awaited on a chain that is not watched: see EVM_CHAINS');
  }
}
