import { listReferrals as listRows } from '#db/queries/referrals.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Referral, ReferralsQuery } from '#schemas/referral-conversions.ts';
import type { Ctx } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentReferral } from './present-referral.ts';

type Input = ReferralsQuery & { tenantId: string };

/** Who brought whom, newest first; those that wait for a review, or any status. */
export async function listReferrals(ctx: Ctx, { limit, cursor, ...filter }: Input): Promise<Page<Referral>> {
  const key = ctx.deps.cursorKey;
  const list = `referrals|${filter.tenantId}|${filter.status ?? ''}`;
  const rows = await listRows(ctx.db, { ...filter, page: newestPageRequest(key, list, { limit, cursor }) });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentReferral });
}
