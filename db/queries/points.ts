import { and, desc, eq } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { pointEntries } from '../schema/memberships.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type PointEntryRow = typeof pointEntries.$inferSelect;

/** A member's movements of points, newest first. */
export function listPointEntries(
  db: Db,
  { tenantId, membershipId, page }: { tenantId: string; membershipId: string; page: PageRequest },
): Promise<PointEntryRow[]> {
  return db
    .select()
    .from(pointEntries)
    .where(
      and(
        eq(pointEntries.tenantId, tenantId),
        eq(pointEntries.membershipId, membershipId),
        beforePosition(pointEntries.createdAt, pointEntries.id, page),
      ),
    )
    .orderBy(desc(pointEntries.createdAt), desc(pointEntries.id))
    .limit(page.rows);
}
