import { findMembershipById } from '#db/queries/memberships.ts';
import { findQuestMemberForUpdate, updateQuestMember } from '#db/queries/quest-claims.ts';
import { findStreakRepair } from '#db/queries/streak-repairs.ts';
import type { RevertStreakBody, StreakState } from '#schemas/quest-progress.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { STREAK_MOVED } from './errors.ts';
import { saveRepair } from './steps/save-repair.ts';
import { isSameSnapshot } from './streak-rules.ts';

type Input = { tenantId: string; questId: string; body: RevertStreakBody };

/** Goes back to how a streak stood before it was set by hand, unless it has moved since. */
export async function revertStreak(ctx: Ctx, { tenantId, questId, body }: Input): Promise<StreakState> {
  const now = ctx.clock.now();
  const { snapshotId: repairId, reason } = body;
  return withTx(ctx, async (tx) => {
    const repair = await findStreakRepair(tx, { tenantId, questId, repairId });
    if (!repair) throw new AppError(NOT_FOUND);
    const { membershipId, before: after, after: before } = repair;
    const key = { tenantId, questId, membershipId };
    const [held, membership] = [await findQuestMemberForUpdate(tx, key), await findMembershipById(tx, key)];
    if (!held || !membership) throw new AppError(NOT_FOUND);
    if (!isSameSnapshot(held, before)) throw new AppError(STREAK_MOVED);
    await updateQuestMember(tx, { ...key, change: after });
    const { userId } = membership;
    return saveRepair({ ...ctx, db: tx }, { ...key, userId, before, after, reason, now });
  });
}
