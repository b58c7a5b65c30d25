import { and, desc, eq, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { memberships } from '../schema/memberships.ts';
import { pointEntries } from '../schema/points.ts';
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

const movement = prepared((db) => {
  const value = (name: string) => sql.placeholder(name);
  // Of two who take the last points one finds none left; the entry is written only with the balance that it makes.
  const moved = db.$with('moved').as(
    db
      .update(memberships)
      .set({ points: sql`${memberships.points} + ${value('amount')}::bigint` })
      .where(
        and(
          eq(memberships.tenantId, value('tenantId')),
          eq(memberships.id, value('membershipId')),
          sql`(${value('mayOverdraw')}::boolean or ${memberships.points} + ${value('amount')}::bigint >= 0)`,
        ),
      )
      .returning({ balance: memberships.points }),
  );
  const written = db.$with('written').as(
    db.insert(pointEntries).select(
      sql`select ${value('tenantId')}::uuid, ${value('id')}::uuid, ${value('membershipId')}::uuid, ${value('amount')}::bigint,
        ${value('reason')}::text, ${value('note')}::text, ${value('causeType')}::text, ${value('causeId')}::uuid,
        ${value('createdAt')}::timestamptz from "moved"`,
    ),
  );
  return db.with(moved, written).select().from(moved).prepare('move_points');
});

/** A movement and the balance that it makes, in one conditional statement; nothing when there are too few points. */
export async function insertPointEntry(
  db: Db,
  { entry, mayOverdraw }: { entry: PointEntryRow; mayOverdraw: boolean },
): Promise<{ balance: number } | undefined> {
  const [moved] = await movement(db).execute({ ...entry, createdAt: entry.createdAt.toISOString(), mayOverdraw });
  return moved;
}
