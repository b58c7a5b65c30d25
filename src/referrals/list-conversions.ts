import { listConversions as listRows } from '#db/queries/referral-conversions.ts';
import type { Page } from '#schemas/envelope.ts';
import type { ConversionsQuery, ReferralConversion } from '#schemas/referral-conversions.ts';
import type { Ctx } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentConversion } from './present-referral.ts';

type Input = ConversionsQuery & { tenantId: string };

/** What those who were brought did, newest first. */
export async function listConversions(
  ctx: Ctx,
  { limit, cursor, ...filter }: Input,
): Promise<Page<ReferralConversion>> {
  const key = ctx.deps.cursorKey;
  const list = `referral-conversions|${filter.tenantId}|${filter.status ?? ''}`;
  const rows = await listRows(ctx.db, { ...filter, page: newestPageRequest(key, list, { limit, cursor }) });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentConversion });
}
