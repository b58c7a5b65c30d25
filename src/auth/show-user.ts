import type { Db } from '#db/client.ts';
import { listUserTenants, type UserRow } from '#db/queries/users.ts';
import { listWallets } from '#db/queries/wallets.ts';
import type { User } from '#schemas/auth.ts';
import type { TenantRole } from '#schemas/team.ts';
import { presentImage } from '../storage/present-file.ts';

/** What belongs to a person besides their row. */
export type Belongings = { tenants: { tenantId: string; role: TenantRole }[]; wallets: string[] };

export async function listBelongings(db: Db, userId: string): Promise<Belongings> {
  const [tenants, wallets] = await Promise.all([listUserTenants(db, userId), listWallets(db, userId)]);
  return { tenants, wallets };
}

/** The user as the API shows them: an allow-list. */
export function showUser({ baseUrl }: { baseUrl: string }, user: UserRow, { tenants, wallets }: Belongings): User {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    avatarUrl: user.avatarKey && presentImage(user.avatarKey, baseUrl).medium,
    emailVerified: user.emailVerifiedAt !== null,
    wallets,
    platformRole: user.platformRole,
    tenants,
  };
}
