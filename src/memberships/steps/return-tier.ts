import type { Db } from '#db/client.ts';
import { findMembershipForUpdate, setMembershipRow } from '#db/queries/memberships.ts';
import { addDays } from '../../lib/time.ts';
import { hasEnded } from '../rules.ts';
import { announceMembership } from './announce-membership.ts';
import { settleTier } from './settle-tier.ts';

type Returning = {
  tenantId: string;
  userId: string;
  /** Only this one, so many days earlier. */
  lent?: { tierId: string; days: number };
  now: Date;
};

/** Gives a member the tier back that they had before one was lent to them, once its time is over. Says whether it was. */
export async function returnTier(tx: Db, { tenantId, userId, lent, now }: Returning): Promise<boolean> {
  const old = await findMembershipForUpdate(tx, { tenantId, userId });
  if (!old?.lentUntil || !old.lentFromTierId || (lent && old.tierId !== lent.tierId)) return false;
  const membershipId = old.id;
  const lentUntil = addDays(old.lentUntil, -(lent?.days ?? 0));
  if (lentUntil > now) {
    if (lent) await setMembershipRow(tx, { tenantId, membershipId, change: { lentUntil }, now });
    return false;
  }
  // What has ended stays as its last event says.
  const isOver = hasEnded(old, now);
  const loan = { lentUntil: null, lentFromTierId: null };
  const change = isOver ? loan : { ...loan, tierId: old.lentFromTierId };
  await setMembershipRow(tx, { tenantId, membershipId, change, now });
  if (isOver) return true;
  // Points may have asked for a better one meanwhile.
  await settleTier(tx, { tenantId, userId, now });
  await announceMembership(tx, { tenantId, userId, type: 'membership.updated', now });
  return true;
}
