import { LIFETIMES } from '../lib/limits.ts';
import { addSeconds } from '../lib/time.ts';

const NOT_KEPT = new Set([400, 401, 402, 403, 408, 412, 413, 415, 429]);

/**
 * Whether the answer is the one that a retry gets. What says "come back with something else, or later" is not: a
 * corrected or later request under the same key must run.
 */
export function isKept(statusCode: number): boolean {
  return statusCode < 500 && !NOT_KEPT.has(statusCode);
}

type Repeatable = { onceKey: string | null; clock: { now: () => Date } };

/** By what the same request is found that an interrupted one began, as long as its answer would be kept. */
export function onceKeyOf({ onceKey, clock }: Repeatable, tenantId: string) {
  if (onceKey === null) return undefined;
  return { tenantId, onceKey, since: addSeconds(clock.now(), -LIFETIMES.idempotentAnswer) };
}
