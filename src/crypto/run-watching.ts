import { setTimeout } from 'node:timers/promises';
import type { Deps } from '../context.ts';
import { watchChain } from './watch-chain.ts';

const IDLE_MS = 2_000;
const MAX_PAUSE_MS = 60_000;

export type RunningWatch = { stop: () => Promise<void> };

/** Follows every chain until it is stopped. Any number of processes may. */
export function runWatching(deps: Deps): RunningWatch {
  const stopping = new AbortController();
  const loops = deps.chains.list.map(({ chainId }) => follow(deps, { chainId, signal: stopping.signal }));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

type Following = { chainId: number; signal: AbortSignal };

async function follow(deps: Deps, { chainId, signal }: Following): Promise<void> {
  let pause = IDLE_MS;
  while (!signal.aborted) {
    pause = (await isRead(deps, chainId)) ? IDLE_MS : Math.min(pause * 2, MAX_PAUSE_MS);
    await setTimeout(pause, undefined, { signal }).catch(() => undefined);
  }
}

// A node that does not answer, or says that it is asked too often, is asked ever more seldom.
async function isRead(deps: Deps, chainId: number): Promise<boolean> {
  try {
    await watchChain(deps, chainId);
    return true;
  } catch (err) {
    deps.log.warn({ err, chainId }, 'a chain could not be read');
    return false;
  }
}
