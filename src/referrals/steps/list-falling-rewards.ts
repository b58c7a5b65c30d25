import type { Db } from '#db/client.ts';
import type { Cause } from '#db/queries/effects.ts';
import { type ConversionRow, countConverted, findConversion } from '#db/queries/referral-conversions.ts';
import { listFallingMilestones, listRewardsOfConversions, type RewardRow } from '#db/queries/referral-rewards.ts';
import { REVERSIBLE } from '../rules.ts';

type Asking = { tenantId: string; conversionIds: readonly string[] };

/** The rewards that would fall with these conversions, and the milestones that would be missed. Nothing is written. */
export async function listFallingRewards(db: Db, { tenantId, conversionIds }: Asking): Promise<Cause[]> {
  const falling: RewardRow[] = [];
  for (const conversionId of conversionIds) {
    const conversion = await findConversion(db, { tenantId, conversionId });
    if (conversion && REVERSIBLE.includes(conversion.status)) falling.push(...(await listFalling(db, conversion)));
  }
  return falling.map(({ id: causeId }) => ({ tenantId, causeType: 'referral', causeId }));
}

async function listFalling(db: Db, { tenantId, id, referrerId, event }: ConversionRow): Promise<RewardRow[]> {
  const own = await listRewardsOfConversions(db, { tenantId, conversionIds: [id] });
  const above = await countConverted(db, { tenantId, referrerId, event, except: id });
  const missed = await listFallingMilestones(db, { tenantId, userId: referrerId, event, above });
  // A milestone that this one carried stands while others reach it.
  return [...own.filter(({ milestone }) => milestone === 0), ...missed];
}
