import type { Db } from '#db/client.ts';
import { type ConversionRow, moveConversion } from '#db/queries/referral-conversions.ts';
import type { ProgrammeRow } from '#db/queries/referral-programmes.ts';
import { listRewardsOfConversions, rejectRewards, releaseRewards } from '#db/queries/referral-rewards.ts';
import { findReachedLimits } from './find-reached-limits.ts';
import { grantMilestones } from './grant-conversion.ts';
import { announceConversion } from './record-conversion.ts';

type Approving = { conversion: ConversionRow; programme: ProgrammeRow; decidedBy: string; now: Date };

/** What was held counts, and takes a place in the limits only now: at a limit the referrer gets nothing for it. The caller holds the referrer. */
export async function approveConversion(tx: Db, { conversion: held, programme, decidedBy, now }: Approving) {
  const { tenantId, id: conversionId } = held;
  const reached = await findReached(tx, { conversion: held, programme });
  const findings = [...held.findings, ...reached];
  const change = { status: 'counted' as const, findings, decidedBy, decidedAt: now };
  const conversion = await moveConversion(tx, { tenantId, conversionId, from: ['review'], change });
  if (!conversion) return;
  if (reached.length > 0) await rejectRewards(tx, { tenantId, conversionId, side: 'referrer' });
  await releaseRewards(tx, { tenantId, conversionId });
  await grantMilestones(tx, { conversion, programme, now });
  await announceConversion(tx, { conversion, now });
}

async function findReached(tx: Db, { conversion, programme }: Pick<Approving, 'conversion' | 'programme'>) {
  const { tenantId, id, referrerId: userId, createdAt: at } = conversion;
  const rewards = await listRewardsOfConversions(tx, { tenantId, conversionIds: [id] });
  const isRewarded = rewards.some(({ side, status }) => side === 'referrer' && status === 'held');
  return isRewarded ? findReachedLimits(tx, { tenantId, userId, programme, at }) : [];
}
