import { findTeamMemberByEmail, insertInvitation } from '#db/queries/team.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { Invitation, TenantRole } from '#schemas/team.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { hashToken, newToken } from '../lib/secrets.ts';
import { addSeconds } from '../lib/time.ts';
import { ALREADY_MEMBER } from './errors.ts';
import { invitationMail } from './invitation-mail.ts';
import { presentInvitation } from './present-invitation.ts';
import { roleOf } from './role-of.ts';
import { canManage } from './rules.ts';

type Input = { tenantId: string; email: string; role: TenantRole };

/** Invites an address by mail. The answer is the same whether or not it has an account. */
export async function inviteMember(ctx: Ctx<UserActor>, { tenantId, email, role }: Input): Promise<Invitation> {
  if (!canManage(roleOf(ctx.actor), role)) throw new AppError(FORBIDDEN);
  const tenant = await findTenant(ctx.db, tenantId);
  if (!tenant) throw new AppError(NOT_FOUND);
  if (await findTeamMemberByEmail(ctx.db, { tenantId, email })) throw new AppError(ALREADY_MEMBER);

  const now = ctx.clock.now();
  const token = newToken('tti_');
  const invitation = {
    tenantId,
    id: newId(),
    email,
    role,
    tokenHash: hashToken(token),
    invitedBy: ctx.actor.userId,
    createdAt: now,
    expiresAt: addSeconds(now, LIFETIMES.invitation),
  };
  await insertInvitation(ctx.db, invitation);
  // A failed mail fails the call: inviting again replaces this invitation.
  const apiUrl = ctx.deps.config.PUBLIC_URL ?? '';
  await ctx.deps.mailer.send(invitationMail({ to: email, brand: tenant.name, tenantId, role, token, apiUrl }));
  return presentInvitation(invitation);
}
