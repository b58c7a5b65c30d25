import type { Db } from '#db/client.ts';
import { countRewards } from '#db/queries/referral-rewards.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { RuleFinding } from '#schemas/referrals.ts';
import { addDays } from '../../lib/time.ts';
import { startOfPeriod } from '../../lib/zoned-time.ts';
import { type Limits, limitFindings } from '../rules.ts';

type Asking = { tenantId: string; userId: string; programme: Limits; at: Date };

/** Which limits a referrer has reached, in all and in the brand's month of the instant. What is under review takes no place. */
export async function findReachedLimits(db: Db, { tenantId, userId, programme, at }: Asking): Promise<RuleFinding[]> {
  if (programme.maxPerReferrer === null && programme.maxPerReferrerMonth === null) return [];
  const zone = (await findTenant(db, tenantId))?.timezone ?? 'UTC';
  const from = startOfPeriod(zone, at, 'month');
  const until = startOfPeriod(zone, addDays(from, 32), 'month');
  const total = await countRewards(db, { tenantId, userId, within: null });
  const month = await countRewards(db, { tenantId, userId, within: { from, until } });
  return limitFindings(programme, { total, month });
}
