import type { Db } from '#db/client.ts';
import { listProgressForUpdate } from '#db/queries/quest-progress.ts';
import { findQuestState } from '#db/queries/quest-states.ts';
import type { ClaimAnswer } from '#schemas/quest-progress.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { decideClaim } from './claim-rules.ts';
import { QUEST_NOT_ELIGIBLE } from './errors.ts';
import { presentClaim } from './present-claim.ts';
import { claimCompleted } from './steps/advance-quest.ts';
import { refuseFaults } from './steps/refuse-faults.ts';
import { TakenMeanwhile, withNewLook } from './steps/taken-meanwhile.ts';
import { withRewards } from './steps/with-rewards.ts';

type Input = { tenantId: string; questId: string };

/** Gives what the caller has completed and not claimed yet: the first of its periods. Of many at once one gets it. */
export function claimQuest(ctx: Ctx<UserActor>, input: Input): Promise<ClaimAnswer> {
  return withNewLook(() => withRewards(() => claimOnce(ctx, input)));
}

async function claimOnce(ctx: Ctx<UserActor>, input: Input): Promise<ClaimAnswer> {
  const now = ctx.clock.now();
  const { tenantId } = input;
  const state = await findQuestState(ctx.db, { ...input, userId: ctx.actor.userId, now });
  if (!state) throw new AppError(NOT_FOUND);
  if (state.quest.kind === 'daily') throw new AppError(QUEST_NOT_ELIGIBLE, { reasons: ['WRONG_KIND'] });
  refuseFaults(state, decideClaim(state, now));
  const { unclaimed } = state;
  if (!unclaimed) throw new TakenMeanwhile();
  const { startsOn, timezone } = unclaimed;
  const claiming = { state, startsOn, timezone, goesOn: false, baseUrl: ctx.baseUrl, now };
  return withTx(ctx, async (tx) => {
    const progress = await hold(tx, { tenantId, progressId: unclaimed.id });
    const { claim, balance } = await claimCompleted(tx, { ...claiming, progress });
    if (!claim) throw new TakenMeanwhile();
    return { claim: presentClaim(claim), balance };
  });
}

async function hold(tx: Db, { tenantId, progressId }: { tenantId: string; progressId: string }) {
  const [progress] = await listProgressForUpdate(tx, { tenantId, progressIds: [progressId] });
  if (!progress) throw new TakenMeanwhile();
  return progress;
}
