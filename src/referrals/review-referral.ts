import type { Db } from '#db/client.ts';
import { type ConversionRow, listConversionsOfReferral, moveConversion } from '#db/queries/referral-conversions.ts';
import { rejectRewards } from '#db/queries/referral-rewards.ts';
import { decideReferral, findReferral, holdReferrer, type ReferralRow } from '#db/queries/referrals.ts';
import type { Referral } from '#schemas/referral-conversions.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { REVIEW_DECIDED } from './errors.ts';
import { presentReferral } from './present-referral.ts';
import { approveConversion } from './steps/approve-conversion.ts';
import { announceSignup } from './steps/attribute-signup.ts';
import { loadProgramme } from './steps/load-programme.ts';
import { rewardNext } from './steps/reward-next.ts';

type Input = { tenantId: string; referralId: string; verdict: 'attributed' | 'rejected' };

/** Decides on a suspicious sign-up, once, with all that it has brought since. */
export async function reviewReferral(ctx: Ctx, { tenantId, referralId, verdict }: Input): Promise<Referral> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const seen = await findReferral(tx, { tenantId, referralId });
    if (!seen) throw new AppError(NOT_FOUND);
    await holdReferrer(tx, { tenantId, userId: seen.referrerId, now });
    const deciding = { status: verdict, decidedBy: decider(ctx), now };
    const referral = await decideReferral(tx, { tenantId, referralId, ...deciding });
    if (!referral) throw new AppError(REVIEW_DECIDED, { status: seen.status });
    if (verdict === 'attributed') await announceSignup(tx, { referral, now });
    await settle(tx, { referral, ...deciding });
    const target = { type: 'referral', id: referralId };
    const change = { before: { status: 'review' }, after: { status: verdict } };
    await recordChange(ctx, { db: tx, tenantId, action: 'referral.reviewed', target, ...change, now });
    return presentReferral(referral);
  });
}

function decider({ actor }: Ctx): string {
  if (actor.type === 'user') return actor.userId;
  if (actor.type === 'apiKey') return actor.apiKeyId;
  throw new Error('a review without a reviewer');
}

type Settling = { referral: ReferralRow; status: Input['verdict']; decidedBy: string; now: Date };

async function settle(tx: Db, { referral, status: verdict, decidedBy, now }: Settling): Promise<void> {
  const { tenantId, id: referralId } = referral;
  const programme = await loadProgramme(tx, { tenantId, now });
  for (const conversion of await listConversionsOfReferral(tx, { tenantId, referralId, status: 'review' })) {
    if (verdict === 'attributed') await approveConversion(tx, { conversion, programme, decidedBy, now });
    else await rejectConversion(tx, { conversion, decidedBy, now });
  }
  // What was to be rewarded may have come to nothing, at a limit.
  if (verdict === 'attributed') await rewardNext(tx, { tenantId, referralId, now });
}

type Rejecting = { conversion: ConversionRow; decidedBy: string; now: Date };

async function rejectConversion(tx: Db, { conversion, decidedBy, now }: Rejecting): Promise<void> {
  const { tenantId, id: conversionId } = conversion;
  const change = { status: 'rejected' as const, decidedBy, decidedAt: now };
  const rejected = await moveConversion(tx, { tenantId, conversionId, from: ['review'], change });
  if (rejected) await rejectRewards(tx, { tenantId, conversionId });
}
