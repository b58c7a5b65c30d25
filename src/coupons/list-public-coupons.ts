import { listPublicCoupons as listRows } from '#db/queries/coupons.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { PublicCoupon } from '#schemas/coupons.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';
import { presentPublicCoupon } from './present-coupon.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** What everybody can have of a brand now: never a secret coupon, never a counter (CP10). */
export async function listPublicCoupons(ctx: Ctx, { tenantId, limit, cursor }: Input): Promise<Page<PublicCoupon>> {
  const key = ctx.deps.cursorKey;
  const list = `public-coupons|${tenantId}`;
  const page = pageRequest(key, list, { limit, cursor });
  const [tenant, rows] = await Promise.all([
    findPublicTenantById(ctx.db, tenantId),
    listRows(ctx.db, { tenantId, page, now: ctx.clock.now() }),
  ]);
  if (!tenant) throw new AppError(NOT_FOUND);
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentPublicCoupon });
}
