import type { Db } from '#db/client.ts';
import { type Cause, insertEffects } from '#db/queries/effects.ts';
import type { EffectKind } from '#schemas/refunds.ts';
import { newId } from '../lib/ids.ts';

export type Given = { kind: EffectKind; targetId: string; quantity: number };

/** Writes what a cause gives into the effect ledger, in the transaction that gives it. */
export function recordEffects(
  db: Db,
  { userId, given, now, ...cause }: Cause & { userId: string; given: readonly Given[]; now: Date },
): Promise<void> {
  const rows = given.map((one) => ({ ...cause, ...one, id: newId(), userId, givenAt: now }));
  return insertEffects(db, rows);
}
