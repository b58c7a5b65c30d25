const DAY_MS = 86_400_000;

type Tier = { id: string; rank: number; pointsThreshold: number | null };
type Standing = {
  tier: Tier;
  /** The tier that points brought, if it is the present one points may take it. */
  pointsTierId: string | null;
  tierFallsAt: Date | null;
  /** Running, of no subscription, without an end, and not bought. */
  isFree: boolean;
};
type Policy = {
  basis: 'earned' | 'balance';
  downgrade: { mode: 'never' | 'at_once' | 'after'; days?: number | undefined };
};
type Asking = {
  /** The points that count for tiers. */
  points: number;
  /** The best tier that they reach. */
  reached: Tier | undefined;
  /** Where one falls who reaches none: the brand's free tier. */
  first: Tier | undefined;
  policy: Policy;
  now: Date;
};
export type Settled = { tierId: string; pointsTierId: string | null; tierFallsAt: Date | null };

/**
 * The tier that a member's points ask for: up at once, to the best that is reached if it ranks above the present one; down
 * by the policy, and only from a tier that points brought.
 */
export function decideTier(standing: Standing, asking: Asking): Settled {
  const { tier, pointsTierId } = standing;
  const { reached } = asking;
  const stays = { tierId: tier.id, pointsTierId, tierFallsAt: null };
  if (!standing.isFree) return stays;
  if (reached && reached.rank > tier.rank) return { tierId: reached.id, pointsTierId: reached.id, tierFallsAt: null };
  const isBelow = tier.pointsThreshold !== null && asking.points < tier.pointsThreshold;
  if (pointsTierId !== tier.id || !isBelow) return stays;
  const fallsAt = fallOf(standing, asking);
  if (fallsAt === null || fallsAt > asking.now) return { ...stays, tierFallsAt: fallsAt };
  const next = reached ?? asking.first;
  return next ? { tierId: next.id, pointsTierId: reached?.id ?? null, tierFallsAt: null } : stays;
}

/** When a tier falls whose points are not there. Once it is said, it stays. */
function fallOf({ tierFallsAt }: Standing, { policy, now }: Asking): Date | null {
  const { mode, days = 0 } = policy.downgrade;
  if (mode === 'never') return null;
  if (mode === 'at_once') return now;
  return tierFallsAt ?? new Date(now.getTime() + days * DAY_MS);
}
