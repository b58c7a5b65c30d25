import { and, desc, eq, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { pointsPurchases } from '../schema/points.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type PointsPurchaseRow = typeof pointsPurchases.$inferSelect;
type Key = { tenantId: string; purchaseId: string };

export async function insertPointsPurchase(db: Db, row: PointsPurchaseRow): Promise<void> {
  await db.insert(pointsPurchases).values(row);
}

const isPurchase = ({ tenantId, purchaseId }: Key) =>
  and(eq(pointsPurchases.tenantId, tenantId), eq(pointsPurchases.id, purchaseId));

export async function findPointsPurchase(db: Db, key: Key): Promise<PointsPurchaseRow | undefined> {
  return (await db.select().from(pointsPurchases).where(isPurchase(key)))[0];
}

/** Undefined when it is refunded already: of two who refund it, one does. */
export async function setPurchaseRefunded(
  db: Db,
  { now, ...key }: Key & { now: Date },
): Promise<PointsPurchaseRow | undefined> {
  const rows = await db
    .update(pointsPurchases)
    .set({ status: 'refunded', refundedAt: now })
    .where(and(isPurchase(key), eq(pointsPurchases.status, sql`'completed'`)))
    .returning();
  return rows[0];
}

/** Newest first: of one person on points_purchases_of_user_idx, of all on points_purchases_list_idx. */
export function listPointsPurchases(
  db: Db,
  { tenantId, userId, page }: { tenantId: string; userId: string | null; page: PageRequest },
): Promise<PointsPurchaseRow[]> {
  return db
    .select()
    .from(pointsPurchases)
    .where(
      and(
        eq(pointsPurchases.tenantId, tenantId),
        userId === null ? undefined : eq(pointsPurchases.userId, userId),
        beforePosition(pointsPurchases.createdAt, pointsPurchases.id, page),
      ),
    )
    .orderBy(desc(pointsPurchases.createdAt), desc(pointsPurchases.id))
    .limit(page.rows);
}
