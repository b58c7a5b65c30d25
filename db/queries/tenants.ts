import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import { batched, isAnyOf, textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { tenants } from '../schema/tenants.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

export type TenantRow = typeof tenants.$inferSelect;

const publicColumns = {
  id: tenants.id,
  name: tenants.name,
  subdomain: tenants.subdomain,
  customDomain: tenants.customDomain,
  description: tenants.description,
  logoUrl: tenants.logoUrl,
  theme: tenants.theme,
  locale: tenants.locale,
  currency: tenants.currency,
  version: tenants.version,
  createdAt: tenants.createdAt,
};
export type PublicTenantRow = Pick<TenantRow, keyof typeof publicColumns>;

const visible = sql`${tenants.status} <> 'suspended'`;

const bySubdomains = prepared((db) =>
  db
    .select(publicColumns)
    .from(tenants)
    .where(and(isAnyOf(tenants.subdomain, 'subdomains', 'text'), visible))
    .prepare('find_public_tenants_by_subdomain'),
);

export const findPublicTenantBySubdomain = batched<PublicTenantRow>(
  (db, subdomains) => bySubdomains(db).execute({ subdomains: textArray(subdomains) }),
  ({ subdomain }) => subdomain,
);

const visibleByIds = prepared((db) =>
  db
    .select(publicColumns)
    .from(tenants)
    .where(and(isAnyOf(tenants.id, 'tenantIds', 'uuid'), visible))
    .prepare('list_public_tenants_by_id'),
);

export const findPublicTenantById = batched<PublicTenantRow>(
  (db, tenantIds) => visibleByIds(db).execute({ tenantIds: textArray(tenantIds) }),
  ({ id }) => id,
);

export async function findPublicTenantByDomain(db: Db, domain: string): Promise<PublicTenantRow | undefined> {
  const rows = await db
    .select(publicColumns)
    .from(tenants)
    .where(and(eq(tenants.customDomain, domain), visible));
  return rows[0];
}

// On tenants_directory_idx, which holds just the listed and active ones.
const directory = prepared((db) =>
  db
    .select(publicColumns)
    .from(tenants)
    .where(and(sql`${tenants.public} and ${tenants.status} = 'active'`, afterPosition(tenants.createdAt, tenants.id)))
    .orderBy(tenants.createdAt, tenants.id)
    .limit(sql.placeholder('rows'))
    .prepare('list_public_tenants'),
);

export function listPublicTenants(db: Db, page: PageRequest): Promise<PublicTenantRow[]> {
  return directory(db).execute(pageParameters(page));
}

const byId = prepared((db) =>
  db
    .select()
    .from(tenants)
    .where(eq(tenants.id, sql.placeholder('tenantId')))
    .prepare('find_tenant'),
);

export async function findTenant(db: Db, tenantId: string): Promise<TenantRow | undefined> {
  return (await byId(db).execute({ tenantId }))[0];
}

/** The brand of a subdomain, whatever its status. */
export async function findTenantBySubdomain(db: Db, subdomain: string): Promise<TenantRow | undefined> {
  return (await db.select().from(tenants).where(eq(tenants.subdomain, subdomain)))[0];
}

/** The plans of some brands. */
export async function listTenantPlans(db: Db, tenantIds: readonly string[]): Promise<Pick<TenantRow, 'id' | 'plan'>[]> {
  return db
    .select({ id: tenants.id, plan: tenants.plan })
    .from(tenants)
    .where(inArray(tenants.id, [...tenantIds]));
}

/** Holds the tenant's row until the transaction ends: changes to its team or stores queue up behind it. */
export async function findTenantForUpdate(db: Db, tenantId: string): Promise<TenantRow | undefined> {
  const rows = await db.select().from(tenants).where(eq(tenants.id, tenantId)).for('update');
  return rows[0];
}

export async function insertTenant(db: Db, tenant: typeof tenants.$inferInsert): Promise<TenantRow> {
  const [row] = await db.insert(tenants).values(tenant).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

export type TenantChange = Partial<Omit<TenantRow, 'id' | 'subdomain' | 'version' | 'createdAt' | 'updatedAt'>>;

/** `from` makes it conditional on the status: no row means that it moved meanwhile. */
export async function updateTenant(
  db: Db,
  { tenantId, change, now, from }: { tenantId: string; change: TenantChange; now: Date; from?: TenantRow['status'] },
): Promise<TenantRow | undefined> {
  const rows = await db
    .update(tenants)
    .set({ ...change, version: sql`${tenants.version} + 1`, updatedAt: now })
    .where(and(eq(tenants.id, tenantId), from ? eq(tenants.status, from) : undefined))
    .returning();
  return rows[0];
}

/** The connected accounts that brands have now, on tenants_stripe_account_key. */
export async function listStripeAccounts(db: Db): Promise<string[]> {
  const rows = await db
    .select({ account: tenants.stripeAccountId })
    .from(tenants)
    .where(isNotNull(tenants.stripeAccountId))
    .orderBy(tenants.stripeAccountId);
  return rows.flatMap(({ account }) => account ?? []);
}
