import { and, desc, eq, getTableColumns, isNull } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { ownedProducts, products } from '../schema/products.ts';
import { beforePosition, type PageRequest } from './paging.ts';

const { search: _search, ...productColumns } = getTableColumns(products);

export type OwnedProductRow = typeof ownedProducts.$inferSelect;

/** What a person owns in the brand, newest first, on owned_products_list_idx. */
export function listOwnedProducts(
  db: Db,
  { tenantId, userId, page }: { tenantId: string; userId: string; page: PageRequest },
) {
  return db
    .select({ owned: getTableColumns(ownedProducts), product: productColumns })
    .from(ownedProducts)
    .innerJoin(products, and(eq(products.tenantId, ownedProducts.tenantId), eq(products.id, ownedProducts.productId)))
    .where(
      and(
        eq(ownedProducts.tenantId, tenantId),
        eq(ownedProducts.userId, userId),
        isNull(ownedProducts.takenBackAt),
        beforePosition(ownedProducts.acquiredAt, ownedProducts.id, page),
      ),
    )
    .orderBy(desc(ownedProducts.acquiredAt), desc(ownedProducts.id))
    .limit(page.rows);
}
