import type { Db } from '#db/client.ts';
import type { Cause, EffectRow } from '#db/queries/effects.ts';
import { findStandingClaim } from '#db/queries/quest-claims.ts';
import { listProgress, type ProgressRow } from '#db/queries/quest-progress.ts';
import { findQuest } from '#db/queries/quests.ts';
import { afterUndo } from '../rules.ts';

type Undone = { tenantId: string; effects: readonly EffectRow[] };

/** What would fall with these counts: completions that they carry, and the claims of those. Nothing is written. */
export async function listFalling(db: Db, { tenantId, effects }: Undone): Promise<Cause[]> {
  const progressIds = effects.map(({ targetId }) => targetId);
  const rows = progressIds.length === 0 ? [] : await listProgress(db, { tenantId, progressIds });
  const falling: Cause[] = [];
  for (const row of rows) {
    const { isUndone } = await undoneBy(db, { row, effects });
    if (!isUndone) continue;
    const claim = row.claimedAt === null ? undefined : await findStandingClaim(db, { ...row, day: row.startsOn });
    const causeIds = [row.id, ...(claim ? [claim.id] : [])];
    falling.push(...causeIds.map((causeId) => ({ tenantId, causeType: 'quest' as const, causeId })));
  }
  return falling;
}

type Counted = { row: ProgressRow; effects: readonly EffectRow[] };

/** How the progress would stand without what was counted by these. */
export async function undoneBy(db: Db, { row, effects }: Counted): Promise<{ count: number; isUndone: boolean }> {
  const { tenantId, questId, count, completedAt } = row;
  const taken = effects.reduce((sum, { targetId, quantity }) => (targetId === row.id ? sum + quantity : sum), 0);
  const quest = await findQuest(db, { tenantId, questId });
  // A target that was raised since does not undo what was completed under the old one.
  const target = Math.min(quest?.target ?? count, count);
  return afterUndo({ count, isCompleted: completedAt !== null }, { taken, target });
}
