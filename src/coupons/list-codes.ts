import { type CodeRow, listCodes as listRows } from '#db/queries/coupon-codes.ts';
import { findCoupon } from '#db/queries/coupons.ts';
import type { CodesQuery, CouponCode } from '#schemas/coupon-codes.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';
import { presentCode } from './present-code.ts';

type Input = CodesQuery & { tenantId: string; couponId: string };

/** The codes for one person each, in the order of their making. */
export async function listCodes(ctx: Ctx, { tenantId, couponId, batchId, ...asked }: Input): Promise<Page<CouponCode>> {
  const { limit } = asked;
  const key = ctx.deps.cursorKey;
  const list = `codes|${tenantId}|${couponId}|${batchId ?? ''}`;
  const page = pageRequest(key, list, asked);
  if (!(await findCoupon(ctx.db, { tenantId, couponId }))) throw new AppError(NOT_FOUND);
  const rows: CodeRow[] = await listRows(ctx.db, { tenantId, couponId, batchId, ...page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentCode });
}
