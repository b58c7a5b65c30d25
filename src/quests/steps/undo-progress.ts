import type { Db } from '#db/client.ts';
import type { Cause, EffectRow } from '#db/queries/effects.ts';
import { takeBackQuestClaim } from '#db/queries/quest-claims.ts';
import { listProgressForUpdate, type ProgressRow, updateProgress } from '#db/queries/quest-progress.ts';
import { undoneBy } from './list-falling.ts';

type Undoing = {
  tenantId: string;
  effects: readonly EffectRow[];
  takeBackOf: (cause: Cause) => Promise<void>;
  now: Date;
};

/** What was counted towards quests counts no more; a quest that falls below its target is not completed, and gave nothing. */
export async function undoProgress(tx: Db, { tenantId, effects, takeBackOf, now }: Undoing): Promise<void> {
  const progressIds = effects.map(({ targetId }) => targetId);
  for (const row of await listProgressForUpdate(tx, { tenantId, progressIds })) {
    const { count, isUndone } = await undoneBy(tx, { row, effects });
    if (isUndone) await undoCompletion(tx, { row, count, takeBackOf, now });
    else await updateProgress(tx, { tenantId, progressId: row.id, change: { count }, now });
  }
}

type Completed = { row: ProgressRow; count: number; takeBackOf: Undoing['takeBackOf']; now: Date };

/** The caller holds the row of the progress. */
export async function undoCompletion(tx: Db, { row, count, takeBackOf, now }: Completed): Promise<ProgressRow> {
  const { tenantId, id: progressId, questId, membershipId, startsOn: day } = row;
  const change = { count, completedAt: null, claimedAt: null };
  const undone = await updateProgress(tx, { tenantId, progressId, change, now });
  const cause = { tenantId, causeType: 'quest' as const };
  // Others may have counted that this one was completed, or claimed.
  await takeBackOf({ ...cause, causeId: progressId });
  if (row.claimedAt === null) return undone;
  const claim = await takeBackQuestClaim(tx, { tenantId, questId, membershipId, day, now });
  if (claim) await takeBackOf({ ...cause, causeId: claim.id });
  return undone;
}
