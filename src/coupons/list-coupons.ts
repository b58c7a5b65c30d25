import { listCoupons as listRows } from '#db/queries/coupons.ts';
import type { Coupon } from '#schemas/coupons.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentCoupon } from './present-coupon.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined; archived?: boolean | undefined };

/** The coupons of a brand with their counters, newest first. */
export async function listCoupons(
  ctx: Ctx,
  { tenantId, limit, cursor, archived = false }: Input,
): Promise<Page<Coupon>> {
  const key = ctx.deps.cursorKey;
  const list = `coupons|${tenantId}|${archived}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listRows(ctx.db, { tenantId, archived, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentCoupon });
}
