import type { SubmissionRow } from '#db/queries/quest-submissions.ts';
import type { Submission } from '#schemas/quest-progress.ts';

export function presentSubmission(row: SubmissionRow): Submission {
  const { id, questId, userId, status, text, fileKeys, rejectionReason, createdAt, decidedAt } = row;
  return { id, questId, userId, status, text, fileKeys, rejectionReason, createdAt, decidedAt };
}
