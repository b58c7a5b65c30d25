import type { Db } from '#db/client.ts';
import { findMembershipAnywhere } from '#db/queries/memberships.ts';
import type { Membership } from '#schemas/memberships.ts';
import { recordEvent } from '../../events/record-event.ts';
import { presentMembership } from '../present-membership.ts';

type Announcement = {
  tenantId: string;
  userId: string;
  type: 'membership.created' | 'membership.updated' | 'membership.canceled';
  now: Date;
};

/**
 * Writes the membership as it is now into the outbox and answers it, also of a suspended brand: what ends meanwhile is news
 * when it is back. The caller has changed it in this transaction.
 */
export async function announceMembership(tx: Db, { tenantId, userId, type, now }: Announcement): Promise<Membership> {
  const state = await findMembershipAnywhere(tx, { tenantId, userId });
  if (!state?.membership || !state.tier) throw new Error('a membership is gone');
  const { membership, tier, tenant } = state;
  const data = presentMembership({ membership, tier, tenant }, now);
  await recordEvent(tx, { tenantId, type, objectId: data.id, data, now });
  return data;
}
