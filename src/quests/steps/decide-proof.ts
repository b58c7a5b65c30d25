import type { Db } from '#db/client.ts';
import { decideSubmission, findSubmission, type SubmissionRow } from '#db/queries/quest-submissions.ts';
import { recordChange } from '../../audit/record-change.ts';
import type { Ctx } from '../../context.ts';
import { AppError, NOT_FOUND } from '../../lib/errors.ts';
import { SUBMISSION_DECIDED } from '../errors.ts';
import { presentSubmission } from '../present-submission.ts';

export type SubmissionKey = { tenantId: string; questId: string; submissionId: string };

/** The proof, if it waits for a decision. */
export async function findWaiting(db: Db, key: SubmissionKey): Promise<SubmissionRow> {
  const seen = await findSubmission(db, key);
  if (!seen) throw new AppError(NOT_FOUND);
  if (seen.status !== 'submitted') throw new AppError(SUBMISSION_DECIDED, { status: seen.status });
  return seen;
}

type Deciding = { key: SubmissionKey; status: 'approved' | 'rejected'; rejectionReason: string | null; now: Date };

/** Writes the decision down, once, with who made it. */
export async function decideProof(ctx: Ctx, { key, now, ...decision }: Deciding): Promise<SubmissionRow> {
  const { db, actor } = ctx;
  if (actor.type === 'anonymous') throw new AppError(NOT_FOUND);
  const decidedBy = actor.type === 'user' ? actor.userId : actor.apiKeyId;
  const row = await decideSubmission(db, { ...key, ...decision, decidedBy, now });
  if (!row) return findWaiting(db, key);
  const { tenantId, submissionId: id } = key;
  const target = { type: 'quest_submission', id };
  const action = `quest.${decision.status}`;
  await recordChange(ctx, { db, tenantId, action, target, after: presentSubmission(row), now });
  return row;
}
