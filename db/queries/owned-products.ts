import { and, desc, eq, getTableColumns, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
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

const insertion = prepared((db) =>
  db
    .insert(ownedProducts)
    .select(
      sql`select ${sql.placeholder('tenantId')}::uuid, "bought"."id", ${sql.placeholder('userId')}::uuid,
        "bought"."product_id", "bought"."quantity", ${sql.placeholder('source')}, ${sql.placeholder('sourceId')}::uuid,
        ${sql.placeholder('acquiredAt')}::timestamptz, null
        from unnest(${sql.placeholder('ids')}::uuid[], ${sql.placeholder('productIds')}::uuid[],
          ${sql.placeholder('quantities')}::int[]) as "bought"("id", "product_id", "quantity")`,
    )
    // What was taken back may be given again by the same source: see effects.
    .onConflictDoUpdate({
      target: [ownedProducts.tenantId, ownedProducts.source, ownedProducts.sourceId, ownedProducts.productId],
      set: { quantity: sql`excluded.quantity`, acquiredAt: sql`excluded.acquired_at`, takenBackAt: sql`null` },
      setWhere: isNotNull(ownedProducts.takenBackAt),
    })
    .returning({ id: ownedProducts.id })
    .prepare('insert_owned_products'),
);

type Acquired = Pick<OwnedProductRow, 'tenantId' | 'userId' | 'source' | 'sourceId' | 'acquiredAt'> & {
  items: readonly { id: string; productId: string; quantity: number }[];
};

export async function insertOwnedProducts(db: Db, { items, acquiredAt, ...how }: Acquired): Promise<void> {
  const rows = await insertion(db).execute({
    ...how,
    acquiredAt: acquiredAt.toISOString(),
    ids: textArray(items.map(({ id }) => id)),
    productIds: textArray(items.map(({ productId }) => productId)),
    quantities: textArray(items.map(({ quantity }) => String(quantity))),
  });
  if (rows.length !== items.length) throw new Error('a source gives a product twice');
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
