import type { PointsPolicy } from '#schemas/points.ts';

/** What holds where a brand has said nothing: points are kept, tiers are reached by what was earned and kept. */
export const DEFAULT_POLICY: PointsPolicy = {
  expiry: null,
  tiers: { basis: 'earned', downgrade: { mode: 'never' } },
};

type Columns = {
  expiryMode: NonNullable<PointsPolicy['expiry']>['mode'] | null;
  expiryDays: number | null;
  tierBasis: PointsPolicy['tiers']['basis'];
  downgradeMode: PointsPolicy['tiers']['downgrade']['mode'];
  downgradeDays: number | null;
};

/** A policy as the columns of its row. */
export function columnsOfPolicy({ expiry, tiers }: PointsPolicy): Columns {
  const { mode: expiryMode = null, days: expiryDays = null } = expiry ?? {};
  const { mode: downgradeMode, days: downgradeDays = null } = tiers.downgrade;
  return { expiryMode, expiryDays, tierBasis: tiers.basis, downgradeMode, downgradeDays };
}

export function policyOf(row: Columns | undefined): PointsPolicy {
  if (!row) return DEFAULT_POLICY;
  const { expiryMode, expiryDays, tierBasis: basis, downgradeMode, downgradeDays } = row;
  const expiry = expiryMode === null || expiryDays === null ? null : { mode: expiryMode, days: expiryDays };
  const downgrade = { mode: downgradeMode, ...(downgradeDays !== null && { days: downgradeDays }) };
  return { expiry, tiers: { basis, downgrade } };
}
