import { listDisputes as listRows } from '#db/queries/refunds.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Dispute } from '#schemas/refunds.ts';
import type { Ctx } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentDispute } from './present-refund.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** The charges of a brand that their holders contest, newest first. */
export async function listDisputes(ctx: Ctx, { tenantId, limit, cursor }: Input): Promise<Page<Dispute>> {
  const key = ctx.deps.cursorKey;
  const list = `disputes|${tenantId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listRows(ctx.db, { tenantId, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentDispute });
}
