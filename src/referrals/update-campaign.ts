import { findCampaignForUpdate, updateCampaign as updateRow } from '#db/queries/referral-programmes.ts';
import type { ReferralCampaign, UpdateCampaignBody } from '#schemas/referrals.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentCampaign } from './present-referral.ts';
import { requireSpan } from './steps/require-span.ts';

type Input = { tenantId: string; campaignId: string; body: UpdateCampaignBody };

/** Changes a campaign: one that has ended brings nobody any more. */
export async function updateCampaign(ctx: Ctx, { body, ...key }: Input): Promise<ReferralCampaign> {
  const now = ctx.clock.now();
  const { tenantId, campaignId: id } = key;
  return withTx(ctx, async (tx) => {
    const before = await findCampaignForUpdate(tx, key);
    if (!before) throw new AppError(NOT_FOUND);
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    const change = { ...given, updatedAt: now };
    requireSpan({ ...before, ...change });
    const after = await updateRow(tx, { ...key, change });
    if (!after) throw new AppError(NOT_FOUND);
    const target = { type: 'referralCampaign', id };
    await recordChange(ctx, { db: tx, tenantId, action: 'referralCampaign.updated', target, before, after, now });
    return presentCampaign(after);
  });
}
