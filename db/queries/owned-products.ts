import { and, desc, eq, getTableColumns, inArray, isNull } from 'drizzle-orm';
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

export async function insertOwnedProducts(db: Db, rows: readonly (typeof ownedProducts.$inferInsert)[]): Promise<void> {
  if (rows.length > 0) await db.insert(ownedProducts).values([...rows]);
}

/** What came from the source is owned no more; the rows stay. */
export async function takeBackOwnedProducts(
  db: Db,
  key: Pick<OwnedProductRow, 'tenantId' | 'source' | 'sourceId'> & { productIds: readonly string[]; now: Date },
): Promise<void> {
  await db
    .update(ownedProducts)
    .set({ takenBackAt: key.now })
    .where(
      and(
        eq(ownedProducts.tenantId, key.tenantId),
        eq(ownedProducts.source, key.source),
        eq(ownedProducts.sourceId, key.sourceId),
        inArray(ownedProducts.productId, [...key.productIds]),
        isNull(ownedProducts.takenBackAt),
      ),
    );
}
