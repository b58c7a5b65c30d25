import { endEarlierEffects } from '#db/queries/effects.ts';
import { forgetCounts } from '#db/queries/quest-counts.ts';
import { listProgressForUpdate } from '#db/queries/quest-progress.ts';
import { findQuest } from '#db/queries/quests.ts';
import type { Completion } from '#schemas/quest-progress.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { takeBackEffects } from '../effects/take-back-effects.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { NOT_COMPLETED } from './errors.ts';
import { presentCompletion } from './present-completion.ts';
import { undoCompletion } from './steps/undo-progress.ts';

type Input = { tenantId: string; questId: string; completionId: string; reason: string };

/** Takes a completion back that was no honest one, with all that it gave. Points may then be below 0. */
export async function revokeCompletion(ctx: Ctx, input: Input): Promise<Completion> {
  const { tenantId, questId, completionId, reason } = input;
  const now = ctx.clock.now();
  const { jobs } = ctx.deps;
  return withTx(ctx, async (tx) => {
    const [row] = await listProgressForUpdate(tx, { tenantId, progressIds: [completionId] });
    const quest = await findQuest(tx, { tenantId, questId });
    if (!quest || row?.questId !== questId) throw new AppError(NOT_FOUND);
    if (row.completedAt === null) throw new AppError(NOT_COMPLETED);
    const by = `revoked:${completionId}`;
    const undone = await undoCompletion(tx, {
      row,
      count: 0,
      takeBackOf: (cause) => takeBackEffects(tx, { ...cause, jobs, by, now }),
      now,
    });
    // Else what undoes one of its events later would take from what is counted anew.
    await endEarlierEffects(tx, { tenantId, kind: 'progress', targetId: completionId, causeId: completionId, by, now });
    await forgetCounts(tx, { tenantId, questId, progressId: completionId });
    const [before, after] = [presentCompletion(row, quest.target), presentCompletion(undone, quest.target)];
    const target = { type: 'quest_completion', id: completionId };
    const entry = { action: 'quest.revoked', target, before, after: { ...after, reason } };
    await recordChange(ctx, { db: tx, tenantId, ...entry, now });
    return after;
  });
}
