import { findQuestState, type QuestState } from '#db/queries/quest-states.ts';
import type { CompletionAnswer } from '#schemas/quest-progress.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND, VALIDATION_ERROR } from '../lib/errors.ts';
import { rolesIn } from '../payments/steps/roles-in.ts';
import { baseFaults } from './claim-rules.ts';
import { presentAdvanced } from './present-advanced.ts';
import { type CompletedBy, completionFaults } from './rules.ts';
import { advanceQuest } from './steps/advance-quest.ts';
import { refuseFaults } from './steps/refuse-faults.ts';
import { withNewLook } from './steps/taken-meanwhile.ts';

type Input = { tenantId: string; questId: string; userId?: string | undefined };

/** One step towards the target: by the member, or by team and API keys for a member. Of many at once one completes it. */
export function completeQuest(ctx: Ctx, input: Input): Promise<CompletionAnswer> {
  return withNewLook(() => completeOnce(ctx, input));
}

async function completeOnce(ctx: Ctx, { tenantId, questId, userId: other }: Input): Promise<CompletionAnswer> {
  const now = ctx.clock.now();
  const { userId, by } = await subjectOf(ctx, { tenantId, other });
  const state = await findQuestState(ctx.db, { tenantId, questId, userId, now });
  if (!state) throw new AppError(NOT_FOUND);
  if (by === 'team' && !state.membership) throw new AppError(NOT_FOUND);
  refuseFaults(state, { reasons: faultsOf(state, { by, now }), nextClaimAt: nextAtOf(state) });
  const { startsOn, timezone } = state;
  const { baseUrl } = ctx;
  const step = { state, startsOn, timezone, goesOn: false, baseUrl, now };
  return withTx(ctx, async (tx) => presentAdvanced(await advanceQuest(tx, step), state.quest.target));
}

type Subject = { userId: string; by: CompletedBy };

async function subjectOf(
  ctx: Ctx,
  { tenantId, other }: { tenantId: string; other: string | undefined },
): Promise<Subject> {
  const own = ctx.actor.type === 'user' ? ctx.actor.userId : null;
  if (other !== undefined && other !== own) {
    const can = await rolesIn(ctx, tenantId);
    if (!can('staff')) throw new AppError(FORBIDDEN);
    return { userId: other, by: 'team' };
  }
  if (own !== null) return { userId: own, by: 'member' };
  const error = { location: 'body', field: 'userId', message: 'is required for an API key' };
  throw new AppError(VALIDATION_ERROR, { errors: [error] });
}

function faultsOf(state: QuestState, { by, now }: { by: CompletedBy; now: Date }) {
  const isCompleted = state.progress?.completedAt != null;
  return [...baseFaults(state, now), ...completionFaults(state.quest, { by, isCompleted })];
}

function nextAtOf({ quest, progress, nextAt }: QuestState): Date | null {
  return progress?.completedAt != null && quest.period !== null ? nextAt : null;
}
