import type { TenantRole } from '#schemas/team.ts';

/** Nobody gives or takes a role above their own: owners manage everybody, admins manage admins and staff. */
export function canManage(mine: TenantRole, theirs: TenantRole): boolean {
  if (mine === 'owner') return true;
  return mine === 'admin' && theirs !== 'owner';
}

/** A brand keeps at least one owner. */
export function isLastOwner(role: TenantRole, owners: number): boolean {
  return role === 'owner' && owners <= 1;
}
