import { listSubmissions as listRows, type SubmissionRow } from '#db/queries/quest-submissions.ts';
import { findQuest } from '#db/queries/quests.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Submission, SubmissionStatus } from '#schemas/quest-progress.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { rolesIn } from '../payments/steps/roles-in.ts';
import { presentSubmission } from './present-submission.ts';

type Input = {
  tenantId: string;
  questId: string;
  status?: SubmissionStatus | undefined;
  limit: number;
  cursor?: string | undefined;
};

/** The proofs of a quest, newest first: all of them for the team, to others their own. */
export async function listSubmissions(ctx: Ctx, { limit, cursor, ...input }: Input): Promise<Page<Submission>> {
  const { actor } = ctx;
  const can = await rolesIn(ctx, input.tenantId);
  const key = ctx.deps.cursorKey;
  const userId = can('staff') || actor.type !== 'user' ? undefined : actor.userId;
  const list = `submissions|${input.tenantId}|${input.questId}|${userId ?? '*'}|${input.status ?? '*'}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const [tenant, quest, rows] = await Promise.all([
    findPublicTenantById(ctx.db, input.tenantId),
    findQuest(ctx.db, input),
    listRows(ctx.db, { ...input, userId, page }),
  ]);
  if (!tenant || !quest || quest.deletedAt !== null) throw new AppError(NOT_FOUND);
  return pageOfRows<SubmissionRow, Submission>(rows, {
    key,
    list,
    limit,
    positionOf: byCreation,
    present: presentSubmission,
  });
}
