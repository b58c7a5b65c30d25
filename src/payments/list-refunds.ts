import { listRefunds as listRows, type RefundRow } from '#db/queries/refunds.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Refund, RefundStatus } from '#schemas/refunds.ts';
import type { Ctx } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentRefund } from './present-refund.ts';

type Input = {
  tenantId: string;
  limit: number;
  cursor?: string | undefined;
  status?: RefundStatus | undefined;
  paymentId?: string | undefined;
};

/** The refunds of a brand, also those that buyers ask for, newest first. */
export async function listRefunds(ctx: Ctx, { limit, cursor, ...filter }: Input): Promise<Page<Refund>> {
  const key = ctx.deps.cursorKey;
  const list = `refunds|${filter.tenantId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows: RefundRow[] = await listRows(ctx.db, { ...filter, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentRefund });
}
