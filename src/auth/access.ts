import type { TenantRole } from '#schemas/team.ts';

/**
 * Who may call what, in one place: every operation of the API by its operationId. A route whose operation is not
 * listed here does not start.
 *
 * anyone   - no credential is looked at
 * optional - works without one; a valid one shows more
 * user     - any signed-in user
 * staff, admin, owner - at least that role in the tenant of the path; a platform admin has every role
 */
export const ACCESS = {
  getHealth: 'anyone',
  getReadiness: 'anyone',
  getLiveness: 'anyone',

  registerUser: 'anyone',
  logIn: 'anyone',
  refreshSession: 'anyone',
  verifyToken: 'user',
  logOut: 'user',
  listSessions: 'user',
  endSession: 'user',
  getMe: 'user',
  updateMe: 'user',

  listPublicTenants: 'anyone',
  getPublicTenant: 'anyone',
  createTenant: 'user',
  getTenant: 'staff',
  updateTenant: 'admin',
  setTenantStatus: 'owner',

  listTeam: 'staff',
  inviteMember: 'admin',
  listInvitations: 'admin',
  revokeInvitation: 'admin',
  acceptInvitation: 'user',
  updateMember: 'admin',
  removeMember: 'staff',

  listStores: 'optional',
  getDefaultStore: 'anyone',
  createStore: 'admin',
  updateStore: 'admin',
  deleteStore: 'admin',
  setDefaultStore: 'admin',
} as const satisfies Record<string, Access>;

export type Access = 'anyone' | 'optional' | 'user' | TenantRole;
export type OperationId = keyof typeof ACCESS;
