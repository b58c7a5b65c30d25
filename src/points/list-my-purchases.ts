import { listPointsPurchases } from '#db/queries/points-purchases.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { Page } from '#schemas/envelope.ts';
import type { PointsPurchase } from '#schemas/points.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentPurchase } from './present-purchase.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** What the caller has bought for points in the brand, newest first. */
export async function listMyPurchases(
  ctx: Ctx<UserActor>,
  { tenantId, limit, cursor }: Input,
): Promise<Page<PointsPurchase>> {
  const { userId } = ctx.actor;
  const key = ctx.deps.cursorKey;
  const list = `my-points-purchases|${tenantId}|${userId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const [tenant, rows] = await Promise.all([
    findPublicTenantById(ctx.db, tenantId),
    listPointsPurchases(ctx.db, { tenantId, userId, page }),
  ]);
  if (!tenant) throw new AppError(NOT_FOUND);
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentPurchase });
}
