import type { Db } from '#db/client.ts';
import { insertPointEntry, type PointEntryRow } from '#db/queries/points.ts';
import type { PointReason } from '#schemas/points.ts';
import { newId } from '../../lib/ids.ts';
import { announceMembership } from '../../memberships/steps/announce-membership.ts';
import { settleTier } from '../../memberships/steps/settle-tier.ts';
import { KINDS, mayOverdraw } from '../rules.ts';

export type Moving = {
  tenantId: string;
  membershipId: string;
  amount: number;
  reason: PointReason;
  note?: string;
  cause: { type: string; id: string } | null;
  /** When it was earned, if that is not now: what is taken back counts there. */
  earnedAt?: Date;
  now: Date;
};
export type Moved = { entry: PointEntryRow; balance: number };

/** A movement, and the tier that it brings or takes. Null when there are too few points, or some to expire first. */
export async function writeMovement(tx: Db, { note, cause, earnedAt, now, ...moving }: Moving): Promise<Moved | null> {
  const { tenantId, reason, amount } = moving;
  const from = { note: note ?? null, causeType: cause?.type ?? null, causeId: cause?.id ?? null };
  const entry = { ...moving, ...from, id: newId(), createdAt: now };
  const terms = { ...KINDS[reason], mayOverdraw: mayOverdraw(reason, amount), isExpiry: reason === 'expired' };
  const moved = await insertPointEntry(tx, { ...entry, ...terms, earnedAt: earnedAt ?? now });
  if (!moved) return null;
  const { userId, balance, countsOn, isTierUnsettled } = moved;
  if (isTierUnsettled && (await settleTier(tx, { tenantId, userId, now }))) {
    await announceMembership(tx, { tenantId, userId, type: 'membership.updated', now });
  }
  return { entry: { ...entry, countsOn }, balance };
}
