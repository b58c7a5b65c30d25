import { listOwnedProducts as listRows } from '#db/queries/owned-products.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { Page } from '#schemas/envelope.ts';
import type { OwnedProduct } from '#schemas/products.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentProduct } from './present-product.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** What the caller owns in the brand and how they came by it, newest first. */
export async function listOwnedProducts(
  ctx: Ctx<UserActor>,
  { tenantId, limit, cursor }: Input,
): Promise<Page<OwnedProduct>> {
  const { userId } = ctx.actor;
  const key = ctx.deps.cursorKey;
  const list = `owned-products|${tenantId}|${userId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const [tenant, rows] = await Promise.all([
    findPublicTenantById(ctx.db, tenantId),
    listRows(ctx.db, { tenantId, userId, page }),
  ]);
  if (!tenant) throw new AppError(NOT_FOUND);
  const present = ({ owned, product }: (typeof rows)[number]): OwnedProduct => {
    const { quantity, source, sourceId, acquiredAt } = owned;
    return { product: presentProduct(product, ctx), quantity, source, sourceId, acquiredAt };
  };
  const positionOf = ({ owned }: (typeof rows)[number]) => ({ at: owned.acquiredAt, id: owned.id });
  return pageOfRows(rows, { key, list, limit, positionOf, present });
}
