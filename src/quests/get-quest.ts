import { findQuestState } from '#db/queries/quest-states.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { QuestWithProgress } from '#schemas/quest-progress.ts';
import { hasRole } from '../auth/has-role.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentState } from './present-quest.ts';

type Input = { tenantId: string; questId: string };

/** One quest with the caller's progress. A paused one is there for the brand's team and keys only. */
export async function getQuest(ctx: Ctx, { tenantId, questId }: Input): Promise<QuestWithProgress> {
  const now = ctx.clock.now();
  const userId = ctx.actor.type === 'user' ? ctx.actor.userId : null;
  const [tenant, state] = await Promise.all([
    findPublicTenantById(ctx.db, tenantId),
    findQuestState(ctx.db, { tenantId, questId, userId, now }),
  ]);
  if (!tenant || !state || !(state.quest.active || hasRole(ctx.actor, 'staff'))) throw new AppError(NOT_FOUND);
  return presentState(state, { userId, now });
}
