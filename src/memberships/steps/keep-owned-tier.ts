import type { Db } from '#db/client.ts';
import { findOwnedTier } from '#db/queries/effects.ts';
import { setMembership } from './set-membership.ts';

type Keeping = { tenantId: string; userId: string; now: Date };

/** What ends gives way to the tier that the person has bought for good, if there is one. Says whether there is. */
export async function keepOwnedTier(tx: Db, { tenantId, userId, now }: Keeping): Promise<boolean> {
  const tierId = await findOwnedTier(tx, { tenantId, userId });
  if (!tierId) return false;
  const forGood = { expiresAt: null, endsAt: null, cancelAtPeriodEnd: false, subscriptionId: null };
  await setMembership(tx, { tenantId, userId, paid: { tierId, status: 'active', ...forGood }, now });
  return true;
}
