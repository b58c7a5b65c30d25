import type { Db } from '#db/client.ts';
import { type Cause, insertEffects } from '#db/queries/effects.ts';
import type { EffectKind } from '#schemas/refunds.ts';
import { newId } from '../lib/ids.ts';

export type Given = { targetId: string; quantity: number };
type Giving = Cause & { userId: string; kind: EffectKind; given: readonly Given[]; now: Date };

/** Writes what a cause gives into the effect ledger, in the transaction that gives it. */
export async function recordEffects(db: Db, { given, now, ...giving }: Giving): Promise<void> {
  if (given.length === 0) return;
  const rows = given.map(({ targetId, quantity }) => ({ id: newId(), targetId, quantity }));
  await insertEffects(db, { ...giving, givenAt: now, given: rows });
}
