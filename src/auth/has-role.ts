import type { TenantRole } from '#schemas/team.ts';
import type { Actor } from '../context.ts';
import { isAtLeast } from './rules.ts';

/** Whether the caller has at least this role in the tenant of the call. A platform admin has every role; a key is admin. */
export function hasRole(actor: Actor, needed: TenantRole): boolean {
  if (actor.type === 'anonymous') return false;
  if (actor.type === 'apiKey') return isAtLeast('admin', needed);
  if (actor.platformRole === 'admin') return true;
  return actor.tenantRole !== null && isAtLeast(actor.tenantRole, needed);
}
