import { insertStreakRepair } from '#db/queries/streak-repairs.ts';
import type { StreakSnapshot, StreakState } from '#schemas/quest-progress.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Ctx } from '../../context.ts';
import { newId } from '../../lib/ids.ts';

type Saving = {
  tenantId: string;
  questId: string;
  membershipId: string;
  userId: string;
  before: StreakSnapshot;
  after: StreakSnapshot;
  reason: string;
  now: Date;
};

/** Keeps how a streak stood before it was set by hand, with who did it and why. */
export async function saveRepair(ctx: Ctx, { userId, now, ...repair }: Saving): Promise<StreakState> {
  const { tenantId, questId, membershipId, before, after, reason } = repair;
  const snapshotId = newId();
  await insertStreakRepair(ctx.db, { ...repair, id: snapshotId, createdAt: now });
  const target = { type: 'quest_streak', id: membershipId };
  // An entry holds what differs: what says which one it was stands on one side alone.
  const entry = { action: 'quest.streak_set', target, before, after: { ...after, questId, snapshotId, reason } };
  await recordChange(ctx, { db: ctx.db, tenantId, ...entry, now });
  const { best: bestStreak, ...stands } = after;
  return { questId, userId, ...stands, bestStreak, snapshotId };
}
