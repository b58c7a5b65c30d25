import { deleteInvitation, findInvitation, findTeamMember, insertTeamMember } from '#db/queries/team.ts';
import { findTenantForUpdate } from '#db/queries/tenants.ts';
import { findUser, updateUser } from '#db/queries/users.ts';
import type { TeamMember } from '#schemas/team.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { hashToken, isSameSecret } from '../lib/secrets.ts';
import { INVITATION_INVALID } from './errors.ts';

/**
 * Joins a team. It takes both the invited address as the account's own and the token that was mailed there, so that
 * neither a forwarded token nor an unproven address is enough. The token proves the mailbox: the e-mail is verified.
 */
export async function acceptInvitation(
  ctx: Ctx<UserActor>,
  { tenantId, token }: { tenantId: string; token: string },
): Promise<TeamMember> {
  const now = ctx.clock.now();
  const { userId } = ctx.actor;
  return withTx(ctx, async (tx) => {
    const user = await findUser(tx, userId);
    const tenant = await findTenantForUpdate(tx, tenantId);
    const isOpen = tenant !== undefined && tenant.status !== 'suspended';
    const invitation = isOpen && user?.email ? await findInvitation(tx, { tenantId, email: user.email }) : undefined;
    if (!user || !invitation || !isSameSecret(invitation.tokenHash, hashToken(token)) || invitation.expiresAt <= now) {
      throw new AppError(INVITATION_INVALID);
    }
    const taken = await deleteInvitation(tx, { tenantId, id: invitation.id });
    if (!taken) throw new AppError(INVITATION_INVALID);
    await insertTeamMember(tx, { tenantId, userId, role: taken.role, joinedAt: now });
    if (!user.emailVerifiedAt) await updateUser(tx, { id: userId, change: { emailVerifiedAt: now }, now });
    const member = await findTeamMember(tx, { tenantId, userId });
    if (!member) throw new AppError(INVITATION_INVALID);
    const target = { type: 'member', id: userId };
    await recordChange(ctx, { db: tx, tenantId, action: 'member.joined', target, after: { role: member.role }, now });
    return member;
  });
}
