import { countOwners, findTeamMember, updateTeamMember } from '#db/queries/team.ts';
import { findTenantForUpdate } from '#db/queries/tenants.ts';
import type { TeamMember, TenantRole } from '#schemas/team.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../lib/errors.ts';
import { LAST_OWNER } from './errors.ts';
import { roleNow } from './role-of.ts';
import { canManage, isLastOwner } from './rules.ts';

type Input = { tenantId: string; userId: string; role: TenantRole };

/** Changes a role. The tenant's row is held: two owners who demote each other at once leave one of them. */
export async function updateMember(ctx: Ctx<UserActor>, { tenantId, userId, role }: Input): Promise<TeamMember> {
  return withTx(ctx, async (tx) => {
    await findTenantForUpdate(tx, tenantId);
    const member = await findTeamMember(tx, { tenantId, userId });
    if (!member) throw new AppError(NOT_FOUND);
    const mine = await roleNow(ctx, { db: tx, tenantId });
    if (!canManage(mine, member.role) || !canManage(mine, role)) throw new AppError(FORBIDDEN);
    if (role !== 'owner' && isLastOwner(member.role, await countOwners(tx, tenantId))) throw new AppError(LAST_OWNER);
    await updateTeamMember(tx, { tenantId, userId, role });
    const change = { before: { role: member.role }, after: { role }, now: ctx.clock.now() };
    const target = { type: 'member', id: userId };
    await recordChange(ctx, { db: tx, tenantId, action: 'member.updated', target, ...change });
    return { ...member, role };
  });
}
