import type { Ctx } from '../context.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { addSeconds } from '../lib/time.ts';

/** By what the same request is found that an interrupted one began, as long as its answer would be kept. */
export function onceKeyOf({ onceKey, clock }: Pick<Ctx, 'onceKey' | 'clock'>, tenantId: string) {
  if (onceKey === null) return undefined;
  return { tenantId, onceKey, since: addSeconds(clock.now(), -LIFETIMES.idempotentAnswer) };
}
