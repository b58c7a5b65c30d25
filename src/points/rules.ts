import type { PointReason } from '#schemas/points.ts';

type Kind = {
  /** The member earned or spent them, which keeps the balance from expiring by inactivity. */
  byMember: boolean;
  /** They bring the member nearer to a tier, or further from it. */
  qualifies: boolean;
  /** They count on leaderboards. */
  counts: boolean;
};

const EARNED: Kind = { byMember: true, qualifies: true, counts: true };
const SPENT: Kind = { byMember: true, qualifies: false, counts: false };
const NEITHER: Kind = { byMember: false, qualifies: false, counts: false };

/** What a movement means beside the balance. */
export const KINDS: Record<PointReason, Kind> = {
  quest: EARNED,
  streak_bonus: EARNED,
  referral: EARNED,
  adjustment: { ...NEITHER, qualifies: true },
  purchase: SPENT,
  purchase_refund: NEITHER,
  freeze: SPENT,
  expired: NEITHER,
  taken_back: { ...EARNED, byMember: false },
};

/** A balance goes below 0 only when what was earned is taken back after it was spent. */
export function mayOverdraw(reason: PointReason, amount: number): boolean {
  return reason === 'taken_back' || amount > 0;
}
