import type { Db } from '#db/client.ts';
import { type ConversionRow, countConverted, moveConversion } from '#db/queries/referral-conversions.ts';
import type { ProgrammeRow } from '#db/queries/referral-programmes.ts';
import { insertRewards, type RewardRow } from '#db/queries/referral-rewards.ts';
import type { ReferralGift, ReferralSide } from '#schemas/referrals.ts';
import { newId } from '../../lib/ids.ts';
import { addDays } from '../../lib/time.ts';
import { pointsOf } from '../rules.ts';
import { findReachedLimits } from './find-reached-limits.ts';

type Ungranted = { conversion: ConversionRow; programme: ProgrammeRow; now: Date };
/** Without `dueAt` the hold begins now. */
type Granting = Ungranted & { isRewarded: boolean; dueAt?: Date };

/** Writes down what a conversion brings, within the limits; milestones count beyond them. The caller holds the referrer. */
export async function grantConversion(tx: Db, { isRewarded, dueAt, ...granting }: Granting): Promise<ConversionRow> {
  const { conversion, programme, now } = granting;
  if (!isRewarded) return conversion;
  const found = await withLimits(tx, granting);
  const isLimited = found.findings.length > conversion.findings.length;
  const { referrerRewards, referredRewards } = programme;
  const rows = [
    ...(isLimited ? [] : rewardOf(found, { side: 'referrer', gifts: referrerRewards, programme, dueAt, now })),
    ...rewardOf(found, { side: 'referred', gifts: referredRewards, programme, dueAt, now }),
  ];
  await insertRewards(tx, rows);
  if (found.status === 'counted') await grantMilestones(tx, { ...granting, conversion: found });
  return found;
}

/** What is under review is asked for the limits when it is approved. */
async function withLimits(tx: Db, { conversion, programme }: Ungranted): Promise<ConversionRow> {
  const { tenantId, id: conversionId, referrerId: userId, status, createdAt: at } = conversion;
  if (status === 'review') return conversion;
  const reached = await findReachedLimits(tx, { tenantId, userId, programme, at });
  if (reached.length === 0) return conversion;
  const change = { findings: [...conversion.findings, ...reached] };
  return (await moveConversion(tx, { tenantId, conversionId, from: [status], change })) ?? conversion;
}

/** The numbers that the referrer has reached and is not rewarded for: each once. The caller holds the referrer. */
export async function grantMilestones(tx: Db, { conversion, programme, now }: Ungranted): Promise<void> {
  if (programme.milestones.length === 0) return;
  const { tenantId, referrerId } = conversion;
  const count = await countConverted(tx, { tenantId, referrerId, event: programme.convertsOn });
  const reached = programme.milestones.filter(({ conversions }) => conversions <= count);
  const rows = reached.flatMap(({ conversions: milestone, rewards: gifts }) =>
    rewardOf(conversion, { side: 'referrer', gifts, programme, milestone, now }),
  );
  await insertRewards(tx, rows);
}

type What = Omit<Ungranted, 'conversion'> & {
  side: ReferralSide;
  gifts: ReferralGift[];
  milestone?: number;
  dueAt?: Date | undefined;
};

function rewardOf(conversion: ConversionRow, { milestone = 0, ...given }: What): RewardRow[] {
  const { side, gifts, programme, now, dueAt = addDays(now, programme.holdDays) } = given;
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
  return [{ ...what, status, dueAt, ...open, createdAt: now }];
}
