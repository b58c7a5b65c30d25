import { findProduct } from '#db/queries/products.ts';
import { findPublicTenantById, findTenant } from '#db/queries/tenants.ts';
import type { Product } from '#schemas/products.ts';
import { hasRole } from '../auth/has-role.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentProduct } from './present-product.ts';
import { etagOf } from './rules.ts';

type Input = { tenantId: string; productId: string };

/** One product. Drafts and archived ones are there for the team alone. */
export async function getProduct(
  ctx: Ctx,
  { tenantId, productId }: Input,
): Promise<{ product: Product; etag: string }> {
  const isTeam = hasRole(ctx.actor, 'staff');
  const [tenant, row] = await Promise.all([
    (isTeam ? findTenant : findPublicTenantById)(ctx.db, tenantId),
    findProduct(ctx.db, { tenantId, productId }),
  ]);
  if (!tenant || !row || (row.status !== 'active' && !isTeam)) throw new AppError(NOT_FOUND);
  return { product: presentProduct(row, ctx), etag: etagOf(row) };
}
