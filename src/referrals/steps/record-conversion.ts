import type { Db } from '#db/client.ts';
import { type ConversionRow, insertConversion, reviveConversion } from '#db/queries/referral-conversions.ts';
import type { ProgrammeRow } from '#db/queries/referral-programmes.ts';
import { hasReward } from '#db/queries/referral-rewards.ts';
import { holdReferrer, type ReferralRow } from '#db/queries/referrals.ts';
import type { ConvertingEvent, RuleFinding } from '#schemas/referrals.ts';
import { recordEvent } from '../../events/record-event.ts';
import { newId } from '../../lib/ids.ts';
import { presentConversion } from '../present-referral.ts';
import { decideConversion, statusOf } from '../rules.ts';
import { findSharedMeans } from './find-shared-means.ts';
import { grantConversion } from './grant-conversion.ts';
import { loadProgramme } from './load-programme.ts';

type Converting = {
  referral: ReferralRow;
  event: ConvertingEvent;
  money: { amount: number; currency: string } | null;
  externalId?: string | undefined;
  paymentId?: string | undefined;
  now: Date;
};

/** What somebody who was brought did, once, with the rewards that wait for the end of the hold. Null: it was counted before. */
export async function recordConversion(tx: Db, converting: Converting): Promise<ConversionRow | null> {
  const { referral, event, now } = converting;
  const { tenantId, referrerId } = referral;
  const programme = await loadProgramme(tx, { tenantId, now });
  await holdReferrer(tx, { tenantId, userId: referrerId, now });
  const findings = await judge(tx, { ...converting, programme });
  const fresh = rowOf({ ...converting, findings });
  const conversion = (await insertConversion(tx, fresh)) ? fresh : await reviveConversion(tx, fresh);
  if (!conversion) return null;
  if (conversion.status === 'refused') return conversion;
  const isRewarded = event === programme.convertsOn && !findings.some(({ effect }) => effect === 'unrewarded');
  const found = await grantConversion(tx, { conversion, programme, isRewarded, now });
  if (found.status === 'counted') await announceConversion(tx, { conversion: found, now });
  return found;
}

export async function announceConversion(
  tx: Db,
  { conversion, now }: { conversion: ConversionRow; now: Date },
): Promise<void> {
  const { tenantId, id: objectId } = conversion;
  const data = presentConversion(conversion);
  await recordEvent(tx, { tenantId, type: 'referral.converted', objectId, data, now });
}

async function judge(
  tx: Db,
  { referral, event, money, paymentId, programme }: Converting & { programme: ProgrammeRow },
): Promise<RuleFinding[]> {
  const { tenantId, id: referralId, referrerId, referredId } = referral;
  return decideConversion({
    event,
    convertsOn: programme.convertsOn,
    isActive: programme.active,
    isUnderReview: referral.status === 'review',
    suspicions: referral.findings,
    ...(await findSharedMeans(tx, { tenantId, referrerId, referredId, paymentId: paymentId ?? null })),
    hasReward: await hasReward(tx, { tenantId, referralId }),
    money,
    minimum: programme.minimum,
  });
}

function rowOf({
  referral,
  event,
  money,
  externalId,
  paymentId,
  findings,
  now,
}: Converting & { findings: RuleFinding[] }) {
  const { tenantId, id: referralId, linkId, referrerId, referredId, source } = referral;
  const who = { tenantId, id: newId(), referralId, linkId, referrerId, referredId, source };
  const status: ConversionRow['status'] = statusOf(findings) ?? 'counted';
  const named = { externalId: externalId ?? null, paymentId: paymentId ?? null };
  const sums = { amount: money?.amount ?? null, currency: money?.currency ?? null };
  const open = { decidedAt: null, decidedBy: null, reversedAt: null, reversedBy: null };
  return { ...who, event, status, findings, ...named, ...sums, ...open, createdAt: now };
}
