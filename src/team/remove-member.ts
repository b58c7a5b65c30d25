import { countOwners, deleteTeamMember, findTeamMember } from '#db/queries/team.ts';
import { findTenantForUpdate } from '#db/queries/tenants.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../lib/errors.ts';
import { LAST_OWNER } from './errors.ts';
import { roleNow } from './role-of.ts';
import { canManage, isLastOwner } from './rules.ts';

/** Takes somebody off the team; anybody may leave by themselves. The last owner stays. */
export async function removeMember(
  ctx: Ctx<UserActor>,
  { tenantId, userId }: { tenantId: string; userId: string },
): Promise<{ id: string; deleted: true }> {
  return withTx(ctx, async (tx) => {
    await findTenantForUpdate(tx, tenantId);
    const mine = await roleNow(ctx, { db: tx, tenantId });
    const member = await findTeamMember(tx, { tenantId, userId });
    if (!member) throw new AppError(NOT_FOUND);
    const isMe = userId === ctx.actor.userId;
    if (!isMe && !canManage(mine, member.role)) throw new AppError(FORBIDDEN);
    if (isLastOwner(member.role, await countOwners(tx, tenantId))) throw new AppError(LAST_OWNER);
    await deleteTeamMember(tx, { tenantId, userId });
    const { email, role } = member;
    const target = { type: 'member', id: userId };
    const now = ctx.clock.now();
    await recordChange(ctx, { db: tx, tenantId, action: 'member.removed', target, before: { email, role }, now });
    return { id: userId, deleted: true as const };
  });
}
