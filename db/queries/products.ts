import { and, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import { coalesced } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { products } from '../schema/products.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

export const { search: _search, ...productColumns } = getTableColumns(products);
export type ProductRow = Omit<typeof products.$inferSelect, 'search'>;
type Key = { tenantId: string; productId: string };

const catalogue = prepared((db) =>
  db
    .select(productColumns)
    .from(products)
    .where(
      and(
        eq(products.tenantId, sql.placeholder('tenantId')),
        eq(products.status, sql.raw("'active'")),
        afterPosition(products.createdAt, products.id),
      ),
    )
    .orderBy(products.createdAt, products.id)
    .limit(sql.placeholder('rows'))
    .prepare('list_products'),
);

/** What a brand offers, on products_catalogue_idx. Who asks for the same page at the same time shares it. */
export const listProducts = coalesced(
  (db, { tenantId, page }: { tenantId: string; page: PageRequest }): Promise<readonly ProductRow[]> =>
    catalogue(db).execute({ tenantId, ...pageParameters(page) }),
);

const found = prepared((db) =>
  db
    .select(productColumns)
    .from(products)
    .where(
      and(
        eq(products.tenantId, sql.placeholder('tenantId')),
        sql`${products.search} @@ ${sql.placeholder('words')}::tsquery`,
        eq(products.status, sql.raw("'active'")),
        afterPosition(products.createdAt, products.id),
      ),
    )
    .orderBy(products.createdAt, products.id)
    .limit(sql.placeholder('rows'))
    .prepare('search_products'),
);

/** Words as the index has them: each with its brand. */
export function searchWords(tenantId: string, words: readonly string[]): string[] {
  return words.map((word) => `${tenantId}:${word}`);
}

/** Those that have all words, or words that begin so, on products_search_idx. */
export function searchProducts(
  db: Db,
  { tenantId, words, page }: { tenantId: string; words: readonly string[]; page: PageRequest },
): Promise<ProductRow[]> {
  const query = searchWords(tenantId, words)
    .map((word) => `'${word}':*`)
    .join(' & ');
  return found(db).execute({ tenantId, words: query, ...pageParameters(page) });
}

const isProduct = ({ tenantId, productId }: Key) => and(eq(products.tenantId, tenantId), eq(products.id, productId));

export async function findProduct(db: Db, key: Key): Promise<ProductRow | undefined> {
  return (await db.select(productColumns).from(products).where(isProduct(key)))[0];
}

export async function findProductForUpdate(db: Db, key: Key): Promise<ProductRow | undefined> {
  return (await db.select(productColumns).from(products).where(isProduct(key)).for('update'))[0];
}

export async function findProductByExternalIdForUpdate(
  db: Db,
  { tenantId, externalId }: { tenantId: string; externalId: string },
): Promise<ProductRow | undefined> {
  const rows = await db
    .select(productColumns)
    .from(products)
    .where(and(eq(products.tenantId, tenantId), eq(products.externalId, externalId)))
    .for('update');
  return rows[0];
}

/** Unique keys settle two callers who make the same product at once: the second gets a unique violation. */
export async function insertProduct(db: Db, product: Omit<ProductRow, 'version'>): Promise<ProductRow> {
  const [row] = await db
    .insert(products)
    .values({ ...product, version: 1 })
    .returning(productColumns);
  if (!row) throw new Error('insert returned no row');
  return row;
}

export type ProductChange = Partial<Omit<ProductRow, 'tenantId' | 'id' | 'version' | 'createdAt' | 'updatedAt'>>;

export async function updateProduct(
  db: Db,
  { change, now, ...key }: Key & { change: ProductChange; now: Date },
): Promise<ProductRow | undefined> {
  const rows = await db
    .update(products)
    .set({ ...change, version: sql`${products.version} + 1`, updatedAt: now })
    .where(isProduct(key))
    .returning(productColumns);
  return rows[0];
}

export function listProductsByIds(
  db: Db,
  { tenantId, productIds }: { tenantId: string; productIds: readonly string[] },
): Promise<ProductRow[]> {
  return db
    .select(productColumns)
    .from(products)
    .where(and(eq(products.tenantId, tenantId), inArray(products.id, [...productIds])));
}
