import type { TierRow } from '#db/queries/tiers.ts';
import type { Tier } from '#schemas/memberships.ts';

export function presentTier(row: TierRow): Tier {
  const { id, tenantId, name, code, rank, benefits, pointsThreshold, trialDays, active } = row;
  const { priceAmount: amount, priceCurrency: currency, priceInterval: interval } = row;
  const price = amount === null || currency === null || interval === null ? null : { amount, currency, interval };
  return { id, tenantId, name, code, rank, price, benefits, pointsThreshold, trialDays, active };
}
