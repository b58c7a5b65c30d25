import type { Db } from '#db/client.ts';
import { type ConversionRow, findNextConversion, moveConversion } from '#db/queries/referral-conversions.ts';
import type { ProgrammeRow } from '#db/queries/referral-programmes.ts';
import { hasReward } from '#db/queries/referral-rewards.ts';
import { addDays } from '../../lib/time.ts';
import { decideNext } from '../rules.ts';
import { findSharedMeans } from './find-shared-means.ts';
import { grantConversion } from './grant-conversion.ts';
import { loadProgramme } from './load-programme.ts';

type Asking = { tenantId: string; referralId: string; now: Date };

/**
 * A referral is rewarded once: when what was rewarded is taken back, the next that stands takes its place, by the programme
 * of now, and waits until its own hold ends; where that brings nothing, the one after it. The caller holds the referrer.
 */
export async function rewardNext(tx: Db, { tenantId, referralId, now }: Asking): Promise<void> {
  const programme = await loadProgramme(tx, { tenantId, now });
  while (!(await hasReward(tx, { tenantId, referralId }))) {
    const next = await findNextConversion(tx, { tenantId, referralId, event: programme.convertsOn });
    if (!next) return;
    await reward(tx, { next, programme, now });
  }
}

type Rewarding = { next: ConversionRow; programme: ProgrammeRow; now: Date };

async function reward(tx: Db, { next, programme, now }: Rewarding): Promise<void> {
  const { tenantId, id: conversionId, status, createdAt } = next;
  const findings = decideNext(next.findings, await findSharedMeans(tx, next));
  const conversion = await moveConversion(tx, { tenantId, conversionId, from: [status], change: { findings } });
  if (!conversion) throw new Error('a conversion moved while its referrer was held');
  const isRewarded = !findings.some(({ effect }) => effect === 'unrewarded');
  const dueAt = addDays(createdAt, programme.holdDays);
  await grantConversion(tx, { conversion, programme, isRewarded, dueAt, now });
}
