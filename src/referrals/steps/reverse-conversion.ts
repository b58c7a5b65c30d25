import type { Db } from '#db/client.ts';
import type { Cause } from '#db/queries/effects.ts';
import {
  type ConversionRow,
  countConverted,
  findConversion,
  moveConversion,
} from '#db/queries/referral-conversions.ts';
import { reverseMilestones, reverseRewards } from '#db/queries/referral-rewards.ts';
import { holdReferrer } from '#db/queries/referrals.ts';
import type { RuleFinding } from '#schemas/referrals.ts';
import { recordEvent } from '../../events/record-event.ts';
import { presentConversion } from '../present-referral.ts';
import { REVERSIBLE } from '../rules.ts';
import { rewardNext } from './reward-next.ts';

type Reversing = {
  tenantId: string;
  conversionId: string;
  /** What reversed it: `refund:…`, `dispute:…`, `staff`, `SAME_CARD`. */
  by: string;
  finding?: RuleFinding;
  takeBackOf: (cause: Cause) => Promise<void>;
  now: Date;
};

/** What a conversion gave, or would have given, is taken back, with the milestones that it carried, and passes on. Once. */
export async function reverseConversion(tx: Db, reversing: Reversing): Promise<ConversionRow | null> {
  const { tenantId, conversionId, by, finding, now } = reversing;
  const seen = await holdConversion(tx, { tenantId, conversionId, now });
  if (!seen) return null;
  const findings = finding ? [...seen.findings, finding] : seen.findings;
  const change = { status: 'reversed' as const, reversedAt: now, reversedBy: by, findings };
  const row = await moveConversion(tx, { tenantId, conversionId, from: REVERSIBLE, change });
  if (!row) return null;
  await takeBackRewards(tx, { ...reversing, row });
  const data = presentConversion(row);
  await recordEvent(tx, { tenantId, type: 'referral.reversed', objectId: conversionId, data, now });
  return row;
}

/** The referrer first, as when it was counted: then the row, as whoever held them before has left it. */
async function holdConversion(tx: Db, { now, ...key }: { tenantId: string; conversionId: string; now: Date }) {
  const seen = await findConversion(tx, key);
  if (!seen) return undefined;
  await holdReferrer(tx, { tenantId: key.tenantId, userId: seen.referrerId, now });
  return findConversion(tx, key);
}

async function takeBackRewards(
  tx: Db,
  { row, by, takeBackOf, now }: Reversing & { row: ConversionRow },
): Promise<void> {
  const { tenantId, id: conversionId, referralId, referrerId, event } = row;
  const own = await reverseRewards(tx, { tenantId, conversionId, by, now });
  // Before the milestones: what turns out to be the referrer's own counts for none.
  await rewardNext(tx, { tenantId, referralId, now });
  const above = await countConverted(tx, { tenantId, referrerId, event });
  const fallen = await reverseMilestones(tx, { tenantId, userId: referrerId, event, above, by, now });
  for (const { id: causeId } of [...own, ...fallen]) {
    await takeBackOf({ tenantId, causeType: 'referral', causeId });
  }
}
