import { and, eq, isNull, or, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { stores, tenants } from '../schema/tenants.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

const columns = {
  id: stores.id,
  tenantId: stores.tenantId,
  name: stores.name,
  slug: stores.slug,
  currency: stores.currency,
  timezone: stores.timezone,
  country: stores.country,
  address: stores.address,
  active: stores.active,
  createdAt: stores.createdAt,
  isDefault: sql<boolean>`coalesce(${tenants.defaultStoreId} = ${stores.id}, false)`,
};
export type StoreRow = typeof stores.$inferSelect;
export type StoreWithDefault = Omit<StoreRow, 'updatedAt'> & { isDefault: boolean };

const ofTenant = eq(tenants.id, stores.tenantId);

const list = prepared((db) =>
  db
    .select(columns)
    .from(stores)
    .innerJoin(tenants, ofTenant)
    .where(
      and(
        eq(stores.tenantId, sql.placeholder('tenantId')),
        or(stores.active, sql`${sql.placeholder('withInactive')}::boolean`),
        afterPosition(stores.createdAt, stores.id),
      ),
    )
    .orderBy(stores.createdAt, stores.id)
    .limit(sql.placeholder('rows'))
    .prepare('list_stores'),
);

export function listStores(
  db: Db,
  { tenantId, withInactive, page }: { tenantId: string; withInactive: boolean; page: PageRequest },
): Promise<StoreWithDefault[]> {
  return list(db).execute({ tenantId, withInactive, ...pageParameters(page) });
}

const defaultStore = prepared((db) =>
  db
    .select(columns)
    .from(stores)
    .innerJoin(tenants, ofTenant)
    .where(
      and(
        eq(stores.tenantId, sql.placeholder('tenantId')),
        eq(stores.id, tenants.defaultStoreId),
        sql`${tenants.status} <> 'suspended'`,
      ),
    )
    .prepare('find_default_store'),
);

export async function findDefaultStore(db: Db, tenantId: string): Promise<StoreWithDefault | undefined> {
  return (await defaultStore(db).execute({ tenantId }))[0];
}

export async function findStore(
  db: Db,
  { tenantId, storeId }: { tenantId: string; storeId: string },
): Promise<StoreWithDefault | undefined> {
  const rows = await db
    .select(columns)
    .from(stores)
    .innerJoin(tenants, ofTenant)
    .where(and(eq(stores.tenantId, tenantId), eq(stores.id, storeId)));
  return rows[0];
}

export async function insertStore(db: Db, store: typeof stores.$inferInsert): Promise<void> {
  await db.insert(stores).values(store);
}

/** The first store becomes the default; later ones find the place taken. */
export async function updateDefaultStoreIfNone(
  db: Db,
  { tenantId, storeId }: { tenantId: string; storeId: string },
): Promise<boolean> {
  const rows = await db
    .update(tenants)
    .set({ defaultStoreId: storeId })
    .where(and(eq(tenants.id, tenantId), isNull(tenants.defaultStoreId)))
    .returning({ id: tenants.id });
  return rows.length === 1;
}

/** One write moves the default, so that no reader ever sees two or none. Only an active store can be it. */
export async function updateDefaultStore(
  db: Db,
  { tenantId, storeId }: { tenantId: string; storeId: string },
): Promise<boolean> {
  const rows = await db
    .update(tenants)
    .set({ defaultStoreId: storeId })
    .from(stores)
    .where(and(eq(tenants.id, tenantId), eq(stores.tenantId, tenantId), eq(stores.id, storeId), stores.active))
    .returning({ id: tenants.id });
  return rows.length === 1;
}

export async function updateStore(
  db: Db,
  { tenantId, storeId, change, now }: { tenantId: string; storeId: string; change: Partial<StoreRow>; now: Date },
): Promise<boolean> {
  const rows = await db
    .update(stores)
    .set({ ...change, updatedAt: now })
    .where(and(eq(stores.tenantId, tenantId), eq(stores.id, storeId)))
    .returning({ id: stores.id });
  return rows.length === 1;
}

export async function deleteStore(
  db: Db,
  { tenantId, storeId }: { tenantId: string; storeId: string },
): Promise<boolean> {
  const rows = await db
    .delete(stores)
    .where(and(eq(stores.tenantId, tenantId), eq(stores.id, storeId)))
    .returning({ id: stores.id });
  return rows.length === 1;
}
