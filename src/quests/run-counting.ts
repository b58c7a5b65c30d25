import { setTimeout } from 'node:timers/promises';
import type { Deps } from '../context.ts';
import { countEvents } from './count-events.ts';

const IDLE_MS = 1_000;
const AFTER_ERROR_MS = 5_000;

export type RunningCounts = { stop: () => Promise<void> };

/** Counts events towards quests, soon after they happen, until it is stopped. Any number of processes may. */
export function runCounting(deps: Deps): RunningCounts {
  const stopping = new AbortController();
  const loop = repeat(deps, stopping.signal);
  return {
    stop: () => {
      stopping.abort();
      return loop;
    },
  };
}

async function repeat(deps: Deps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const wait = await round(deps);
    if (wait > 0) await pause(wait, signal);
  }
}

async function round(deps: Deps): Promise<number> {
  try {
    return (await countEvents(deps)) > 0 ? 0 : IDLE_MS;
  } catch (err) {
    deps.log.warn({ err }, 'quests: a round of counting failed');
    return AFTER_ERROR_MS;
  }
}

/** Until the time is over, or it is stopped. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
