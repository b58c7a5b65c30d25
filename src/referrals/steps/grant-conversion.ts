import type { Db } from '#db/client.ts';
import { type ConversionRow, countConverted, moveConversion } from '#db/queries/referral-conversions.ts';
import type { ProgrammeRow } from '#db/queries/referral-programmes.ts';
import { countRewards, insertRewards, type RewardRow } from '#db/queries/referral-rewards.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { ReferralGift, ReferralSide } from '#schemas/referrals.ts';
import { newId } from '../../lib/ids.ts';
import { addDays } from '../../lib/time.ts';
import { startOfPeriod } from '../../lib/zoned-time.ts';
import { limitFindings, pointsOf } from '../rules.ts';

type Granting = { conversion: ConversionRow; programme: ProgrammeRow; isRewarded: boolean; now: Date };

/** Writes down what a conversion brings, within the limits. The caller holds the referrer. */
export async function grantConversion(tx: Db, { isRewarded, ...granting }: Granting): Promise<ConversionRow> {
  const { conversion, programme, now } = granting;
  if (!isRewarded) return conversion;
  const found = await withLimits(tx, granting);
  const isLimited = found.findings.length > conversion.findings.length;
  const { referrerRewards, referredRewards } = programme;
  const rows = [
    ...(isLimited ? [] : rewardOf(found, { side: 'referrer', gifts: referrerRewards, programme, now })),
    ...rewardOf(found, { side: 'referred', gifts: referredRewards, programme, now }),
  ];
  await insertRewards(tx, rows);
  if (found.status === 'counted' && !isLimited) await grantMilestones(tx, { ...granting, conversion: found });
  return found;
}

async function withLimits(
  tx: Db,
  { conversion, programme, now }: Omit<Granting, 'isRewarded'>,
): Promise<ConversionRow> {
  const { tenantId, id: conversionId, referrerId: userId, status } = conversion;
  if (programme.maxPerReferrer === null && programme.maxPerReferrerMonth === null) return conversion;
  const tenant = await findTenant(tx, tenantId);
  const month = startOfPeriod(tenant?.timezone ?? 'UTC', now, 'month');
  const counted = {
    total: await countRewards(tx, { tenantId, userId, since: null }),
    month: await countRewards(tx, { tenantId, userId, since: month }),
  };
  const reached = limitFindings(programme, counted);
  if (reached.length === 0) return conversion;
  const change = { findings: [...conversion.findings, ...reached] };
  return (await moveConversion(tx, { tenantId, conversionId, from: [status], change })) ?? conversion;
}

/** The numbers that the referrer has reached and is not rewarded for: each once. The caller holds the referrer. */
export async function grantMilestones(
  tx: Db,
  { conversion, programme, now }: Omit<Granting, 'isRewarded'>,
): Promise<void> {
  if (programme.milestones.length === 0) return;
  const { tenantId, referrerId } = conversion;
  const count = await countConverted(tx, { tenantId, referrerId, event: programme.convertsOn });
  const reached = programme.milestones.filter(({ conversions }) => conversions <= count);
  const rows = reached.flatMap(({ conversions: milestone, rewards: gifts }) =>
    rewardOf(conversion, { side: 'referrer', gifts, programme, milestone, now }),
  );
  await insertRewards(tx, rows);
}

type What = { side: ReferralSide; gifts: ReferralGift[]; programme: ProgrammeRow; milestone?: number; now: Date };

function rewardOf(conversion: ConversionRow, { side, gifts, programme, milestone = 0, now }: What): RewardRow[] {
  if (gifts.length === 0) return [];
  const { tenantId, id: conversionId, referralId, referrerId, referredId } = conversion;
  const userId = side === 'referrer' ? referrerId : referredId;
  const what = {
    tenantId,
    id: newId(),
    referralId,
    conversionId,
    userId,
    side,
    milestone,
    gifts,
    points: pointsOf(gifts),
  };
  const status = conversion.status === 'review' ? ('held' as const) : ('pending' as const);
  const open = { attempts: 0, waitsFor: null, grantedAt: null, reversedAt: null, reversedBy: null };
  return [{ ...what, status, dueAt: addDays(now, programme.holdDays), ...open, createdAt: now }];
}
