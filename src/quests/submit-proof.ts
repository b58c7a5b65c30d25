import { findQuestState } from '#db/queries/quest-states.ts';
import { insertSubmission, listSubmissions, type SubmissionRow } from '#db/queries/quest-submissions.ts';
import type { Submission, SubmitProofBody } from '#schemas/quest-progress.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND, VALIDATION_ERROR } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { useFiles } from '../storage/steps/use-files.ts';
import { baseFaults } from './claim-rules.ts';
import { SUBMISSION_PENDING } from './errors.ts';
import { presentSubmission } from './present-submission.ts';
import { completionFaults, proofFault } from './rules.ts';
import { refuseFaults } from './steps/refuse-faults.ts';

type Input = { tenantId: string; questId: string; body: SubmitProofBody };

/** A proof that waits for the team: one at a time. Its files are kept as long as it is there. */
export async function submitProof(ctx: Ctx<UserActor>, { tenantId, questId, body }: Input): Promise<Submission> {
  const now = ctx.clock.now();
  const { userId } = ctx.actor;
  const state = await findQuestState(ctx.db, { tenantId, questId, userId, now });
  if (!state) throw new AppError(NOT_FOUND);
  const { quest, membership, progress } = state;
  const isCompleted = progress?.completedAt != null;
  const task = completionFaults(quest, { by: 'proof', isCompleted });
  const reasons = [...baseFaults(state, now), ...task, ...(quest.proof === null ? (['WRONG_KIND'] as const) : [])];
  refuseFaults(state, { reasons: [...new Set(reasons)], nextClaimAt: null });
  if (!membership || quest.proof === null) throw new AppError(NOT_FOUND);
  const { text, fileKeys } = body;
  const fault = proofFault(quest.proof, { text, fileKeys });
  if (fault) throw new AppError(VALIDATION_ERROR, { errors: [{ location: 'body', ...fault }] });
  const row: SubmissionRow = {
    ...{ tenantId, id: newId(), questId, membershipId: membership.id, userId },
    ...{ startsOn: state.startsOn, timezone: state.timezone, status: 'submitted', text: text ?? null, fileKeys },
    ...{ rejectionReason: null, decidedBy: null, decidedAt: null, createdAt: now },
  };
  await withTx(ctx, async (tx) => {
    if (!(await insertSubmission(tx, row)))
      throw new AppError(SUBMISSION_PENDING, await pendingOf({ ...ctx, db: tx }, row));
    await useFiles(tx, {
      ...{
        tenantId,
        usedBy: 'submission',
        usedById: row.id,
        keys: fileKeys,
        purpose: 'proof',
        ownerId: userId,
        isPrivate: true,
      },
      field: (index) => `fileKeys.${index}`,
    });
  });
  return presentSubmission(row);
}

async function pendingOf({ db }: Ctx, { tenantId, questId, userId }: SubmissionRow) {
  const page = { at: new Date('9999-12-31'), afterId: 'ffffffff-ffff-ffff-ffff-ffffffffffff', rows: 1 };
  const [pending] = await listSubmissions(db, { tenantId, questId, userId, status: 'submitted', page });
  return { submissionId: pending?.id ?? null };
}
