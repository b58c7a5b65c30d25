import { listBatches as listRows } from '#db/queries/coupon-codes.ts';
import { findCoupon } from '#db/queries/coupons.ts';
import type { CodeBatch } from '#schemas/coupon-codes.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentBatch } from './present-code.ts';

type Input = { tenantId: string; couponId: string; limit: number; cursor?: string | undefined };

/** The batches of codes of a coupon, newest first. */
export async function listBatches(ctx: Ctx, { tenantId, couponId, limit, cursor }: Input): Promise<Page<CodeBatch>> {
  const key = ctx.deps.cursorKey;
  const list = `batches|${tenantId}|${couponId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  if (!(await findCoupon(ctx.db, { tenantId, couponId }))) throw new AppError(NOT_FOUND);
  const rows = await listRows(ctx.db, { tenantId, couponId, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentBatch });
}
