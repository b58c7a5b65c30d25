import { and, eq, inArray, sql } from 'drizzle-orm';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { products } from '../schema/products.ts';
import { type ProductRow, productColumns } from './products.ts';

export type Quantity = { productId: string; quantity: number };
type Taking = { tenantId: string; items: readonly Quantity[]; now: Date };

const asTable = (items: readonly Quantity[]) => sql`unnest(
  ${textArray(items.map(({ productId }) => productId))}::uuid[],
  ${textArray(items.map(({ quantity }) => String(quantity)))}::int[]
) as "asked"("id", "quantity")`;

/**
 * Takes from the stock of products that have one, each only if there is enough: one conditional statement, so that of N
 * buyers exactly as many get it as there are. Answers those that it took, as they are now; the caller rolls back when one is missing. Rows are
 * locked in the order of their ids, so that two orders of the same products wait for each other.
 */
export async function takeStock(db: Db, { tenantId, items, now }: Taking): Promise<ProductRow[]> {
  const ids = items.map(({ productId }) => productId);
  await db
    .select({ id: products.id })
    .from(products)
    .where(and(eq(products.tenantId, tenantId), inArray(products.id, ids)))
    .orderBy(products.id)
    .for('update');
  return db
    .update(products)
    .set({ stock: sql`${products.stock} - "asked"."quantity"`, version: sql`${products.version} + 1`, updatedAt: now })
    .from(asTable(items))
    .where(
      and(
        eq(products.tenantId, tenantId),
        sql`${products.id} = "asked"."id"`,
        sql`${products.stock} >= "asked"."quantity"`,
      ),
    )
    .returning(productColumns);
}

/** Puts back what was taken, and answers where. A product whose stock is not counted any more needs nothing. */
export function returnStock(db: Db, { tenantId, items, now }: Taking): Promise<ProductRow[]> {
  return db
    .update(products)
    .set({ stock: sql`${products.stock} + "asked"."quantity"`, version: sql`${products.version} + 1`, updatedAt: now })
    .from(asTable(items))
    .where(and(eq(products.tenantId, tenantId), sql`${products.id} = "asked"."id"`, sql`${products.stock} is not null`))
    .returning(productColumns);
}
