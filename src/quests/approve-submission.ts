import { findProgressOf } from '#db/queries/quest-progress.ts';
import { findQuestState } from '#db/queries/quest-states.ts';
import type { Submission } from '#schemas/quest-progress.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { baseFaults } from './claim-rules.ts';
import { presentSubmission } from './present-submission.ts';
import { completionFaults } from './rules.ts';
import { advanceQuest } from './steps/advance-quest.ts';
import { decideProof, findWaiting, type SubmissionKey } from './steps/decide-proof.ts';
import { refuseFaults } from './steps/refuse-faults.ts';
import { withNewLook } from './steps/taken-meanwhile.ts';

/** Takes the proof: a step towards the target, in the period in which it was sent. */
export function approveSubmission(ctx: Ctx, key: SubmissionKey): Promise<Submission> {
  return withNewLook(() => approveOnce(ctx, key));
}

async function approveOnce(ctx: Ctx, key: SubmissionKey): Promise<Submission> {
  const { tenantId, questId } = key;
  const now = ctx.clock.now();
  const { userId, membershipId, startsOn, timezone, createdAt } = await findWaiting(ctx.db, key);
  // As it stood when the proof was sent: a day later it is still of that day.
  const state = await findQuestState(ctx.db, { tenantId, questId, userId, now: createdAt });
  if (!state) throw new AppError(NOT_FOUND);
  // Of its own period: that of the state is another one when the member's time zone has changed since.
  const progress = await findProgressOf(ctx.db, { tenantId, questId, membershipId, startsOn });
  const isCompleted = progress?.completedAt != null;
  const reasons = [...baseFaults(state, createdAt), ...completionFaults(state.quest, { by: 'proof', isCompleted })];
  refuseFaults(state, { reasons, nextClaimAt: null });
  const { baseUrl } = ctx;
  return withTx(ctx, async (tx) => {
    const row = await decideProof({ ...ctx, db: tx }, { key, status: 'approved', rejectionReason: null, now });
    await advanceQuest(tx, { state, startsOn, timezone, goesOn: false, baseUrl, now });
    return presentSubmission(row);
  });
}
