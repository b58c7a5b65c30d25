import { setTimeout } from 'node:timers/promises';
import type { Chain } from '../clients/chains.ts';
import type { Deps } from '../context.ts';
import { readOn } from './watch-chain.ts';

/** A request reads no more than thirty blocks, and waits for them no longer than this; the watcher reads the others. */
const ROUNDS = 3;
const PATIENCE_MS = 3_000;

/**
 * A short look at a chain, one for all who ask at a time: what began before somebody asked may have missed what happened
 * just then, so that the next one is theirs. Says whether the chain is read up to its end.
 */
export async function lookAtChain(deps: Deps, chain: Chain): Promise<boolean> {
  const look = lookNext(deps, chain);
  // It may fail when nobody waits for it any more.
  look.catch(() => undefined);
  return Promise.race([look, setTimeout(PATIENCE_MS, false, { ref: false })]);
}

async function lookNext(deps: Deps, chain: Chain): Promise<boolean> {
  const { chainLooks } = deps;
  await chainLooks.get(chain.chainId)?.catch(() => undefined);
  return chainLooks.get(chain.chainId) ?? begin(deps, chain);
}

function begin(deps: Deps, chain: Chain): Promise<boolean> {
  const { chainLooks } = deps;
  const look = readOn(deps, chain, { rounds: ROUNDS })
    .then(({ isAtEnd }) => isAtEnd)
    .finally(() => chainLooks.delete(chain.chainId));
  chainLooks.set(chain.chainId, look);
  return look;
}
