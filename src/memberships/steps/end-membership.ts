import type { Db } from '#db/client.ts';
import { findMembershipForUpdate, updateMembership } from '#db/queries/memberships.ts';
import { statusesBefore } from '../rules.ts';
import { announceMembership } from './announce-membership.ts';
import { keepOwnedTier } from './keep-owned-tier.ts';

type Ending = { tenantId: string; userId: string; now: Date } & (
  | { tierId: string; subscriptionId?: never }
  | { subscriptionId: string; tierId?: never }
);

/** Ends a membership that was paid for, at once, unless it has become another one since. Says whether it did. */
export async function endMembership(
  tx: Db,
  { tenantId, userId, tierId, subscriptionId, now }: Ending,
): Promise<boolean> {
  const old = await findMembershipForUpdate(tx, { tenantId, userId });
  if (!old) return false;
  const isIt = subscriptionId ? old.subscriptionId === subscriptionId : old.tierId === tierId && !old.subscriptionId;
  if (!isIt) return false;
  if (await keepOwnedTier(tx, { tenantId, userId, now })) return true;
  const change = { status: 'canceled' as const, expiresAt: now, endsAt: now, subscriptionId: null };
  const from = statusesBefore('canceled');
  if (!(await updateMembership(tx, { tenantId, membershipId: old.id, from, change, now }))) return false;
  await announceMembership(tx, { tenantId, userId, type: 'membership.canceled', now });
  return true;
}
