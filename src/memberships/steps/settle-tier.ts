import type { Db } from '#db/client.ts';
import { findOwnedTier } from '#db/queries/effects.ts';
import { findMembershipForUpdate, type MembershipRow } from '#db/queries/memberships.ts';
import { findPointPolicy } from '#db/queries/point-policies.ts';
import { findTierOfPoints, moveTier } from '#db/queries/point-tiers.ts';
import { findFirstFreeTier, findTier } from '#db/queries/tiers.ts';
import { policyOf } from '../../points/policy-rules.ts';
import { isMember } from '../rules.ts';
import { decideTier } from '../tier-rules.ts';

type Settling = { tenantId: string; userId: string; now: Date };

/** Gives a member the tier that their points ask for. Says whether it is another one; the caller announces it. */
export async function settleTier(tx: Db, { tenantId, userId, now }: Settling): Promise<boolean> {
  const membership = await findMembershipForUpdate(tx, { tenantId, userId });
  if (!membership) return false;
  const { id: membershipId, tierId } = membership;
  const policy = policyOf(await findPointPolicy(tx, tenantId)).tiers;
  const points = policy.basis === 'balance' ? membership.points : membership.pointsEarned;
  const [tier, reached, first, owned] = await Promise.all([
    findTier(tx, { tenantId, tierId }),
    findTierOfPoints(tx, { tenantId, points }),
    findFirstFreeTier(tx, tenantId),
    findOwnedTier(tx, { tenantId, userId }),
  ]);
  if (!tier) throw new Error('a membership has lost its tier');
  const { pointsTierId, tierFallsAt } = membership;
  const standing = { tier, pointsTierId, tierFallsAt, isFree: !owned && isFree(membership, now) };
  const change = decideTier(standing, { points, reached, first, policy, now });
  const isSame =
    change.tierId === tierId && change.pointsTierId === pointsTierId && sameInstant(change.tierFallsAt, tierFallsAt);
  if (isSame) return false;
  const isDone = await moveTier(tx, { tenantId, membershipId, from: tierId, change, now });
  return isDone && change.tierId !== tierId;
}

// What is paid for, or given for a time, is not moved by points.
function isFree(membership: MembershipRow, now: Date): boolean {
  return isMember(membership, now) && membership.subscriptionId === null && membership.endsAt === null;
}

function sameInstant(a: Date | null, b: Date | null): boolean {
  return a?.getTime() === b?.getTime();
}
