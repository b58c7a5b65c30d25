import { listProducts as listRows, searchProducts } from '#db/queries/products.ts';
import { findPublicTenantById } from '#db/queries/tenants.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Product } from '#schemas/products.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';
import { presentProduct } from './present-product.ts';
import { askedWordsOf } from './rules.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined; q?: string | undefined };

/** The active products of a brand; with `q` those that have its words. */
export async function listProducts(ctx: Ctx, { tenantId, limit, cursor, q }: Input): Promise<Page<Product>> {
  const words = askedWordsOf(q ?? '');
  const key = ctx.deps.cursorKey;
  const list = `products|${tenantId}|${words.join(' ')}`;
  const page = pageRequest(key, list, { limit, cursor });
  const [tenant, rows] = await Promise.all([
    findPublicTenantById(ctx.db, tenantId),
    q === undefined ? listRows(ctx.db, { tenantId, page }) : search(ctx, { tenantId, words, page }),
  ]);
  if (!tenant) throw new AppError(NOT_FOUND);
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: (row) => presentProduct(row, ctx) });
}

// What has no word is found nowhere.
async function search(ctx: Ctx, input: Parameters<typeof searchProducts>[1]) {
  return input.words.length === 0 ? [] : searchProducts(ctx.db, input);
}
