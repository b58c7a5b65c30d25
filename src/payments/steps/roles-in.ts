import type { Db } from '#db/client.ts';
import { findTeamMember } from '#db/queries/team.ts';
import type { TenantRole } from '#schemas/team.ts';
import { hasRole } from '../../auth/has-role.ts';
import type { Actor } from '../../context.ts';

/** Which roles the caller has in a brand that the path does not name. */
export async function rolesIn({ db, actor }: { db: Db; actor: Actor }, tenantId: string) {
  const inBrand = await actorIn({ db, actor }, tenantId);
  return (role: TenantRole) => hasRole(inBrand, role);
}

async function actorIn({ db, actor }: { db: Db; actor: Actor }, tenantId: string): Promise<Actor> {
  if (actor.type === 'apiKey') return actor.tenantId === tenantId ? actor : { type: 'anonymous' };
  if (actor.type === 'anonymous') return actor;
  const member = await findTeamMember(db, { tenantId, userId: actor.userId });
  return { ...actor, tenantRole: member?.role ?? null };
}
