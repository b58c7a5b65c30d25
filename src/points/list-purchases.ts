import { listPointsPurchases } from '#db/queries/points-purchases.ts';
import type { Page } from '#schemas/envelope.ts';
import type { PointsPurchase } from '#schemas/points.ts';
import type { Ctx } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentPurchase } from './present-purchase.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** What the brand has sold for points, newest first. */
export async function listPurchases(ctx: Ctx, { tenantId, limit, cursor }: Input): Promise<Page<PointsPurchase>> {
  const key = ctx.deps.cursorKey;
  const list = `points-purchases|${tenantId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listPointsPurchases(ctx.db, { tenantId, userId: null, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentPurchase });
}
