import type { UserRow } from '#db/queries/users.ts';
import type { TenantRole } from '#schemas/team.ts';

/** The user as the API shows it: an allow-list. */
export function presentUser(user: UserRow, tenants: { tenantId: string; role: TenantRole }[]) {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    emailVerified: user.emailVerifiedAt !== null,
    wallets: [] as string[],
    platformRole: user.platformRole,
    tenants,
  };
}
