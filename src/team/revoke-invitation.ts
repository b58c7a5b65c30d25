import { deleteInvitation } from '#db/queries/team.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentInvitation } from './present-invitation.ts';

type Input = { tenantId: string; invitationId: string };

export async function revokeInvitation(ctx: Ctx, { tenantId, invitationId: id }: Input) {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const row = await deleteInvitation(tx, { tenantId, id });
    if (!row) throw new AppError(NOT_FOUND);
    const target = { type: 'invitation', id };
    const before = presentInvitation(row);
    await recordChange(ctx, { db: tx, tenantId, action: 'invitation.revoked', target, before, now });
    return { id, deleted: true as const };
  });
}
