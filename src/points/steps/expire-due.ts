import type { Db } from '#db/client.ts';
import { findExpiryForUpdate, listExpiryStates, setExpireAt } from '#db/queries/point-expiry.ts';
import { decideExpiry } from '../expiry-rules.ts';
import { writeMovement } from './write-movement.ts';

type Due = { tenantId: string; membershipId: string; skipLocked?: boolean; now: Date };

/**
 * Takes what of a member's points has expired, and notes when to look next. The row is held before it is worked out what
 * that is, so that no movement comes in between. Says whether it was time to look.
 */
export async function expireDue(tx: Db, { tenantId, membershipId, skipLocked = false, now }: Due): Promise<boolean> {
  const held = await findExpiryForUpdate(tx, { tenantId, membershipId, skipLocked });
  if (!held?.expireAt || held.expireAt > now) return false;
  const [state] = await listExpiryStates(tx, { tenantId, membershipIds: [membershipId], now });
  if (!state) return false;
  const { due, next } = decideExpiry(state, now);
  const moving = { tenantId, membershipId, amount: -due, reason: 'expired' as const, cause: null, now };
  if (due > 0 && !(await writeMovement(tx, moving))) throw new Error('a balance that is held has moved');
  await setExpireAt(tx, { tenantId, looks: [{ membershipId, at: next?.at ?? null }] });
  return true;
}
