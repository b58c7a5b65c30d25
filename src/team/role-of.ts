import type { Db } from '#db/client.ts';
import { findTeamMember } from '#db/queries/team.ts';
import type { TenantRole } from '#schemas/team.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';

/** The caller's role in the tenant of the path; a platform admin acts as its owner. */
export function roleOf(actor: UserActor): TenantRole {
  if (actor.platformRole === 'admin') return 'owner';
  if (!actor.tenantRole) throw new AppError(NOT_FOUND);
  return actor.tenantRole;
}

/** The same, read again under the tenant's lock: the role that authentication saw may just have been taken away. */
export async function roleNow(
  ctx: Ctx<UserActor>,
  { db, tenantId }: { db: Db; tenantId: string },
): Promise<TenantRole> {
  const me = await findTeamMember(db, { tenantId, userId: ctx.actor.userId });
  return roleOf({ ...ctx.actor, tenantRole: me?.role ?? null });
}
