import { and, eq, isNull, ne } from 'drizzle-orm';
import type { EffectCause } from '#schemas/refunds.ts';
import type { Db } from '../client.ts';
import { effects } from '../schema/effects.ts';

export type EffectRow = typeof effects.$inferSelect;
export type Cause = { tenantId: string; causeType: EffectCause; causeId: string };

const isOpen = ({ tenantId, causeType, causeId }: Cause) =>
  and(
    eq(effects.tenantId, tenantId),
    eq(effects.causeType, causeType),
    eq(effects.causeId, causeId),
    isNull(effects.takenBackAt),
  );

export async function insertEffects(db: Db, rows: readonly (typeof effects.$inferInsert)[]): Promise<void> {
  if (rows.length > 0) await db.insert(effects).values([...rows]);
}

/** What a cause has given that nobody has taken back, on effects_cause_key. */
export function listEffects(db: Db, cause: Cause): Promise<EffectRow[]> {
  return db.select().from(effects).where(isOpen(cause)).orderBy(effects.id);
}

/** Marks them as taken back, once: of two callers one gets them. */
export function markEffectsTakenBack(
  db: Db,
  { by, now, ...cause }: Cause & { by: string; now: Date },
): Promise<EffectRow[]> {
  return db.update(effects).set({ takenBackAt: now, takenBackBy: by }).where(isOpen(cause)).returning();
}

/** What earlier causes gave to the same target is over: on effects_target_idx. */
export async function endEarlierEffects(
  db: Db,
  {
    tenantId,
    kind,
    targetId,
    causeId,
    by,
    now,
  }: Pick<EffectRow, 'tenantId' | 'kind' | 'targetId' | 'causeId'> & { by: string; now: Date },
): Promise<void> {
  await db
    .update(effects)
    .set({ takenBackAt: now, takenBackBy: by })
    .where(
      and(
        eq(effects.tenantId, tenantId),
        eq(effects.kind, kind),
        eq(effects.targetId, targetId),
        ne(effects.causeId, causeId),
        isNull(effects.takenBackAt),
      ),
    );
}
