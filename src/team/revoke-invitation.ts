import { deleteInvitation } from '#db/queries/team.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';

export async function revokeInvitation(
  ctx: Ctx,
  { tenantId, invitationId }: { tenantId: string; invitationId: string },
) {
  if (!(await deleteInvitation(ctx.db, { tenantId, id: invitationId }))) throw new AppError(NOT_FOUND);
  return { id: invitationId, deleted: true as const };
}
