import type { InvitationRow } from '#db/queries/team.ts';
import type { Invitation } from '#schemas/team.ts';

/** Without its token: that goes to the invited address alone. */
export function presentInvitation(row: Omit<InvitationRow, 'tokenHash' | 'invitedBy'>): Invitation {
  const { id, tenantId, email, role, createdAt, expiresAt } = row;
  return { id, tenantId, email, role, status: 'pending', createdAt, expiresAt };
}
