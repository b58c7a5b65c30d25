type Pace = { idleMs: number; mostMs: number };
/** `chance`: from 0 to 1. */
type Past = Pace & { failures: number; chance: number };

/**
 * How long a chain is left alone, in milliseconds: longer with each failure in a row, to a limit, and by as much as a half
 * less as chance says, so that several watchers do not come back together.
 */
export function computePause({ failures, chance, idleMs, mostMs }: Past): number {
  if (failures === 0) return idleMs;
  const planned = Math.min(idleMs * 2 ** Math.min(failures, 20), mostMs);
  return planned * (1 - chance / 2);
}

const MOST_BLOCKS = 10;

/** How many blocks are asked for at once: fewer after a failure, down to one, and more again after each success. */
export function computeBlocksAtOnce(before: number, hasFailed: boolean): number {
  return hasFailed ? Math.max(1, Math.floor(before / 2)) : Math.min(MOST_BLOCKS, before * 2);
}
