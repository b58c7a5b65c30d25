import { replaceFileUsages } from '#db/queries/files.ts';
import type { Submission } from '#schemas/quest-progress.ts';
import { type Ctx, withTx } from '../context.ts';
import { presentSubmission } from './present-submission.ts';
import { decideProof, findWaiting, type SubmissionKey } from './steps/decide-proof.ts';

type Input = SubmissionKey & { reason: string };

/** Refuses the proof, with a reason that the member can read: another one may be sent. */
export async function rejectSubmission(ctx: Ctx, { reason: rejectionReason, ...key }: Input): Promise<Submission> {
  const now = ctx.clock.now();
  await findWaiting(ctx.db, key);
  const decision = { key, status: 'rejected' as const, rejectionReason, now };
  return withTx(ctx, async (tx) => {
    const row = await decideProof({ ...ctx, db: tx }, decision);
    // Its files are its sender's again, to be kept or deleted.
    await replaceFileUsages(tx, { tenantId: key.tenantId, usedBy: 'submission', usedById: row.id, fileIds: [] });
    return presentSubmission(row);
  });
}
