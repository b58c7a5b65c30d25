import { findQuestState } from '#db/queries/quest-states.ts';
import type { DailyClaimAnswer } from '#schemas/quest-progress.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { decideClaim } from './claim-rules.ts';
import { QUEST_NOT_ELIGIBLE } from './errors.ts';
import { giveClaim } from './steps/give-claim.ts';
import { refuseFaults } from './steps/refuse-faults.ts';
import { withNewLook } from './steps/taken-meanwhile.ts';
import { withRewards } from './steps/with-rewards.ts';
import { nextStreak } from './streak-rules.ts';

type Input = { tenantId: string; questId: string };

/** One claim a local day: of many at once one gets it, and the others are told when the next day begins. */
export function claimDaily(ctx: Ctx<UserActor>, input: Input): Promise<DailyClaimAnswer> {
  return withNewLook(() => withRewards(() => claimOnce(ctx, input)));
}

async function claimOnce(ctx: Ctx<UserActor>, input: Input): Promise<DailyClaimAnswer> {
  const now = ctx.clock.now();
  const { baseUrl } = ctx;
  const state = await findQuestState(ctx.db, { ...input, userId: ctx.actor.userId, now });
  if (!state) throw new AppError(NOT_FOUND);
  if (state.quest.kind !== 'daily') throw new AppError(QUEST_NOT_ELIGIBLE, { reasons: ['WRONG_KIND'] });
  const { today, ...decision } = decideClaim(state, now);
  refuseFaults(state, decision);
  const next = nextStreak(state.standing, today, state.quest.streak);
  const { day, timezone } = today;
  const { claim, balance } = await withTx(ctx, (tx) => giveClaim(tx, { state, day, timezone, next, baseUrl, now }));
  const { id, points, streak, bestStreak, bonusPoints } = claim;
  return { claim: { id, day, points, streak, bestStreak, bonusPoints }, balance, nextClaimAt: state.nextAt };
}
