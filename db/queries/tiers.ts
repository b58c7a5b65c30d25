import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { tiers } from '../schema/memberships.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

export type TierRow = typeof tiers.$inferSelect;
type Key = { tenantId: string; tierId: string };

const list = prepared((db) =>
  db
    .select()
    .from(tiers)
    .where(
      and(
        eq(tiers.tenantId, sql.placeholder('tenantId')),
        sql`(${tiers.active} or ${sql.placeholder('withInactive')}::boolean)`,
        afterPosition(tiers.createdAt, tiers.id),
      ),
    )
    .orderBy(tiers.createdAt, tiers.id)
    .limit(sql.placeholder('rows'))
    .prepare('list_tiers'),
);

export function listTiers(
  db: Db,
  { tenantId, withInactive, page }: { tenantId: string; withInactive: boolean; page: PageRequest },
): Promise<TierRow[]> {
  return list(db).execute({ tenantId, withInactive, ...pageParameters(page) });
}

const isTier = ({ tenantId, tierId }: Key) => and(eq(tiers.tenantId, tenantId), eq(tiers.id, tierId));

export async function findTier(db: Db, key: Key): Promise<TierRow | undefined> {
  return (await db.select().from(tiers).where(isTier(key)))[0];
}

export async function findTierForUpdate(db: Db, key: Key): Promise<TierRow | undefined> {
  return (await db.select().from(tiers).where(isTier(key)).for('update'))[0];
}

/** The tier that somebody joins who names none: free, open without points, of the lowest rank. */
export async function findFirstFreeTier(db: Db, tenantId: string): Promise<TierRow | undefined> {
  const isOpen = and(tiers.active, isNull(tiers.priceAmount), isNull(tiers.pointsThreshold));
  const rows = await db
    .select()
    .from(tiers)
    .where(and(eq(tiers.tenantId, tenantId), isOpen))
    .orderBy(asc(tiers.rank), asc(tiers.id))
    .limit(1);
  return rows[0];
}

export async function insertTier(db: Db, tier: typeof tiers.$inferInsert): Promise<TierRow> {
  const [row] = await db.insert(tiers).values(tier).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

export type TierChange = Partial<Omit<TierRow, 'tenantId' | 'id' | 'createdAt' | 'updatedAt'>>;

export async function updateTier(
  db: Db,
  { change, now, ...key }: Key & { change: TierChange; now: Date },
): Promise<TierRow | undefined> {
  const rows = await db
    .update(tiers)
    .set({ ...change, updatedAt: now })
    .where(isTier(key))
    .returning();
  return rows[0];
}

/** Which of the ids are tiers of the brand. */
export async function listTierIds(
  db: Db,
  { tenantId, tierIds }: { tenantId: string; tierIds: readonly string[] },
): Promise<string[]> {
  const rows = await db
    .select({ id: tiers.id })
    .from(tiers)
    .where(and(eq(tiers.tenantId, tenantId), inArray(tiers.id, [...tierIds])));
  return rows.map(({ id }) => id);
}
