import type { Db } from '#db/client.ts';
import {
  findMembershipForUpdate,
  insertMembership,
  type MembershipRow,
  setMembershipRow,
} from '#db/queries/memberships.ts';
import { newId } from '../../lib/ids.ts';
import { isMember } from '../rules.ts';
import { announceMembership } from './announce-membership.ts';

export type PaidMembership = Pick<
  MembershipRow,
  'tierId' | 'status' | 'expiresAt' | 'endsAt' | 'cancelAtPeriodEnd' | 'subscriptionId'
>;
type Setting = { tenantId: string; userId: string; paid: PaidMembership; now: Date };

/**
 * Makes a person's membership what they have paid for: a new one, the old one anew with its points, or the running one
 * changed. What changes nothing is not announced.
 */
export async function setMembership(tx: Db, { tenantId, userId, paid, now }: Setting): Promise<void> {
  const fresh = { ...paid, startedAt: now, tenantId, id: newId(), userId, createdAt: now, updatedAt: now };
  const announce = async (type: 'membership.created' | 'membership.updated' | 'membership.canceled') => {
    await announceMembership(tx, { tenantId, userId, type, now });
  };
  if (await insertMembership(tx, fresh)) return announce('membership.created');
  const old = await findMembershipForUpdate(tx, { tenantId, userId });
  if (!old) throw new Error('a membership is gone');
  if (isSame(old, paid)) return;
  const wasMember = isMember(old, now) || old.status === 'paused';
  const isNow = isMember(paid, now) || paid.status === 'paused';
  const change = { ...paid, ...(isNow && !wasMember && { startedAt: now }) };
  await setMembershipRow(tx, { tenantId, membershipId: old.id, change, now });
  if (isNow) return announce(wasMember ? 'membership.updated' : 'membership.created');
  if (wasMember || old.status !== paid.status) {
    await announce(paid.status === 'canceled' ? 'membership.canceled' : 'membership.updated');
  }
}

function isSame(old: MembershipRow, paid: PaidMembership): boolean {
  const names = Object.keys(paid) as (keyof PaidMembership)[];
  return names.every((name) => String(old[name]) === String(paid[name]));
}
