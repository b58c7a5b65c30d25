import { insertCampaign } from '#db/queries/referral-programmes.ts';
import type { CreateCampaignBody, ReferralCampaign } from '#schemas/referrals.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { presentCampaign } from './present-referral.ts';
import { requireSpan } from './steps/require-span.ts';

type Input = { tenantId: string; body: CreateCampaignBody };

/** A campaign, for which members can have links of their own. */
export async function createCampaign(ctx: Ctx, { tenantId, body }: Input): Promise<ReferralCampaign> {
  const now = ctx.clock.now();
  const { name, landingUrl = null, startsAt = null, endsAt = null } = body;
  const row = { tenantId, id: newId(), name, landingUrl, startsAt, endsAt, createdAt: now, updatedAt: now };
  requireSpan(row);
  return withTx(ctx, async (tx) => {
    await insertCampaign(tx, row);
    const target = { type: 'referralCampaign', id: row.id };
    await recordChange(ctx, { db: tx, tenantId, action: 'referralCampaign.created', target, after: row, now });
    return presentCampaign(row);
  });
}
