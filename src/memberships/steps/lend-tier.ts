import type { Db } from '#db/client.ts';
import { findMembershipForUpdate, setMembershipRow } from '#db/queries/memberships.ts';
import { findTier } from '#db/queries/tiers.ts';
import { addDays, later } from '../../lib/time.ts';
import { isMember } from '../rules.ts';
import { announceMembership } from './announce-membership.ts';

type Lending = { tenantId: string; userId: string; tierId: string; days: number; now: Date };

/**
 * Gives a member a higher tier for some days; then the one before comes back. The same one again adds its days. False for
 * who has a tier as high, or pays for one.
 */
export async function lendTier(tx: Db, { tenantId, userId, tierId, days, now }: Lending): Promise<boolean> {
  const old = await findMembershipForUpdate(tx, { tenantId, userId });
  if (!old || !isMember(old, now) || old.subscriptionId !== null) return false;
  const again = old.lentUntil !== null && old.tierId === tierId;
  const [present, wanted] = await Promise.all([
    findTier(tx, { tenantId, tierId: old.tierId }),
    findTier(tx, { tenantId, tierId }),
  ]);
  if (!wanted || !present || !(again || wanted.rank > present.rank)) return false;
  const lentUntil = addDays(again && old.lentUntil ? later(old.lentUntil, now) : now, days);
  const change = { tierId, lentUntil, lentFromTierId: old.lentFromTierId ?? old.tierId };
  await setMembershipRow(tx, { tenantId, membershipId: old.id, change, now });
  await announceMembership(tx, { tenantId, userId, type: 'membership.updated', now });
  return true;
}
