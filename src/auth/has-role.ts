import type { TenantRole } from '#schemas/team.ts';
import type { Actor } from '../context.ts';
import { isAtLeast } from './rules.ts';

/** Whether the caller has at least this role in the tenant of the path. A platform admin has every role. */
export function hasRole(actor: Actor, needed: TenantRole): boolean {
  if (actor.type === 'anonymous') return false;
  if (actor.platformRole === 'admin') return true;
  return actor.tenantRole !== null && isAtLeast(actor.tenantRole, needed);
}
