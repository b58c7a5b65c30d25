import { type SQL, sql } from 'drizzle-orm';
import {
  bigint,
  check,
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { ownershipSources, productStatuses, productTypes } from '#schemas/products.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

/** What a brand sells. Each of `words` begins with the brand, so that a search never leaves it: one index serves all. */
export const products = pgTable(
  'products',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    externalId: text(),
    name: text().notNull(),
    description: text(),
    sku: text(),
    priceAmount: bigint({ mode: 'number' }).notNull(),
    priceCurrency: text().notNull(),
    /** What one costs in points; null: it is not sold for points. */
    pointsPrice: bigint({ mode: 'number' }),
    status: choice(productStatuses).notNull(),
    stock: integer(),
    type: choice(productTypes).notNull(),
    tierIds: jsonb().$type<string[]>().notNull(),
    imageKeys: jsonb().$type<string[]>().notNull(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
    words: text().array().notNull(),
    search: tsvector().generatedAlwaysAs((): SQL => sql`array_to_tsvector(${products.words})`),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('products_external_id_key').on(table.tenantId, table.externalId),
    uniqueIndex('products_sku_key').on(table.tenantId, table.sku),
    index('products_catalogue_idx')
      .on(table.tenantId, table.createdAt, table.id)
      .where(sql`${table.status} = 'active'`),
    index('products_search_idx').using('gin', table.search),
    oneOf('products_status_check', table.status, productStatuses),
    oneOf('products_type_check', table.type, productTypes),
    check('products_price_check', sql`${table.priceAmount} >= 0`),
    check('products_points_price_check', sql`${table.pointsPrice} >= 1`),
    check('products_stock_check', sql`${table.stock} >= 0`),
  ],
);

/** What somebody owns and how they came by it. Taken back, the row stays. */
export const ownedProducts = pgTable(
  'owned_products',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    userId: id()
      .notNull()
      .references(() => users.id),
    productId: id().notNull(),
    quantity: integer().notNull(),
    source: choice(ownershipSources).notNull(),
    sourceId: id().notNull(),
    acquiredAt: instant().notNull(),
    takenBackAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('owned_products_source_key').on(table.tenantId, table.source, table.sourceId, table.productId),
    index('owned_products_list_idx')
      .on(table.tenantId, table.userId, table.acquiredAt, table.id)
      .where(sql`${table.takenBackAt} is null`),
    oneOf('owned_products_source_check', table.source, ownershipSources),
    check('owned_products_quantity_check', sql`${table.quantity} > 0`),
    foreignKey({
      name: 'owned_products_product_fk',
      columns: [table.tenantId, table.productId],
      foreignColumns: [products.tenantId, products.id],
    }),
  ],
);
