import { listCampaigns as listRows } from '#db/queries/referral-programmes.ts';
import type { Page } from '#schemas/envelope.ts';
import type { ReferralCampaign } from '#schemas/referrals.ts';
import type { Ctx } from '../context.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';
import { presentCampaign } from './present-referral.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** The campaigns of a brand, oldest first. */
export async function listCampaigns(ctx: Ctx, { tenantId, ...asked }: Input): Promise<Page<ReferralCampaign>> {
  const key = ctx.deps.cursorKey;
  const list = `referral-campaigns|${tenantId}`;
  const rows = await listRows(ctx.db, { tenantId, page: pageRequest(key, list, asked) });
  return pageOfRows(rows, { key, list, limit: asked.limit, positionOf: byCreation, present: presentCampaign });
}
