import { findTeamMemberByEmail, insertInvitation } from '#db/queries/team.ts';
import { findTenantForUpdate } from '#db/queries/tenants.ts';
import type { Invitation, TenantRole } from '#schemas/team.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { hashToken, newToken } from '../lib/secrets.ts';
import { addSeconds } from '../lib/time.ts';
import { ALREADY_MEMBER } from './errors.ts';
import { presentInvitation } from './present-invitation.ts';
import { roleNow } from './role-of.ts';
import { canManage } from './rules.ts';

type Input = { tenantId: string; email: string; role: TenantRole };

/** Invites an address by mail. The answer is the same whether or not it has an account. */
export async function inviteMember(ctx: Ctx<UserActor>, { tenantId, email, role }: Input): Promise<Invitation> {
  const now = ctx.clock.now();
  const invitation = {
    tenantId,
    id: newId(),
    email,
    role,
    // Nobody has this one: the mail brings the first that works.
    tokenHash: hashToken(newToken('tti_')),
    invitedBy: ctx.actor.userId,
    createdAt: now,
    expiresAt: addSeconds(now, LIFETIMES.invitation),
  };
  return withTx(ctx, async (tx) => {
    if (!(await findTenantForUpdate(tx, tenantId))) throw new AppError(NOT_FOUND);
    if (!canManage(await roleNow(ctx, { db: tx, tenantId }), role)) throw new AppError(FORBIDDEN);
    if (await findTeamMemberByEmail(tx, { tenantId, email })) throw new AppError(ALREADY_MEMBER);
    await insertInvitation(tx, invitation);
    await ctx.deps.jobs.enqueue(tx, 'mail', { kind: 'invitation', tenantId, invitationId: invitation.id });
    const shown = presentInvitation(invitation);
    const target = { type: 'invitation', id: invitation.id };
    await recordChange(ctx, { db: tx, tenantId, action: 'invitation.created', target, after: shown, now });
    return shown;
  });
}
