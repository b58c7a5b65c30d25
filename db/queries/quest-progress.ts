import { and, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { questProgress } from '../schema/quest-progress.ts';

export type ProgressRow = typeof questProgress.$inferSelect;
type Key = { tenantId: string; progressId: string };

const value = (name: string) => sql.placeholder(name);
const next = sql`${questProgress.count} + 1`;

const isCompletedNow = sql<boolean>`(old.completed_at is null and new.completed_at is not null)`;

const step = prepared((db) =>
  db
    .insert(questProgress)
    .values({
      tenantId: value('tenantId'),
      id: value('id'),
      questId: value('questId'),
      membershipId: value('membershipId'),
      userId: value('userId'),
      startsOn: value('startsOn'),
      timezone: value('timezone'),
      count: 1,
      completedAt: sql`case when ${value('target')}::bigint <= 1 then ${value('now')}::timestamptz end`,
      createdAt: sql`${value('now')}::timestamptz`,
      updatedAt: sql`${value('now')}::timestamptz`,
    })
    .onConflictDoUpdate({
      target: [questProgress.tenantId, questProgress.questId, questProgress.membershipId, questProgress.startsOn],
      set: {
        count: next,
        completedAt: sql`coalesce(${questProgress.completedAt},
          case when ${next} >= ${value('target')}::bigint then ${value('now')}::timestamptz end)`,
        updatedAt: sql`${value('now')}::timestamptz`,
      },
      setWhere: sql`${value('goesOn')}::boolean or ${questProgress.completedAt} is null`,
    })
    .returning({ ...getTableColumns(questProgress), isCompletedNow })
    .prepare('step_quest_progress'),
);

type Stepping = Pick<
  ProgressRow,
  'tenantId' | 'id' | 'questId' | 'membershipId' | 'userId' | 'startsOn' | 'timezone'
> & {
  target: number;
  /** Whether it is counted beyond the target. */
  goesOn: boolean;
  now: Date;
};

export type Stepped = ProgressRow & { isCompletedNow: boolean };

/** One step more. Nothing when it was completed already: of many at once just one completes it. */
export async function stepProgress(db: Db, { now, ...stepping }: Stepping): Promise<Stepped | undefined> {
  const rows = await step(db).execute({ ...stepping, now: now.toISOString() });
  return rows[0];
}

/** Marks what is completed as claimed, once. */
export async function markProgressClaimed(db: Db, { tenantId, progressId, now }: Key & { now: Date }) {
  const rows = await db
    .update(questProgress)
    .set({ claimedAt: now, updatedAt: now })
    .where(
      and(
        eq(questProgress.tenantId, tenantId),
        eq(questProgress.id, progressId),
        sql`${questProgress.completedAt} is not null and ${questProgress.claimedAt} is null`,
      ),
    )
    .returning();
  return rows[0];
}

type Period = Pick<ProgressRow, 'tenantId' | 'questId' | 'membershipId' | 'startsOn'>;

/** How far a member is in the period that begins on that day, on quest_progress_period_key. */
export async function findProgressOf(db: Db, period: Period): Promise<ProgressRow | undefined> {
  const rows = await db
    .select()
    .from(questProgress)
    .where(
      and(
        eq(questProgress.tenantId, period.tenantId),
        eq(questProgress.questId, period.questId),
        eq(questProgress.membershipId, period.membershipId),
        eq(questProgress.startsOn, period.startsOn),
      ),
    );
  return rows[0];
}

type Named = { tenantId: string; progressIds: readonly string[] };
const areNamed = ({ tenantId, progressIds }: Named) =>
  and(eq(questProgress.tenantId, tenantId), inArray(questProgress.id, [...progressIds]));

export function listProgress(db: Db, named: Named): Promise<ProgressRow[]> {
  return db.select().from(questProgress).where(areNamed(named)).orderBy(questProgress.id);
}

/** Held until the transaction ends, in the order of their ids. */
export function listProgressForUpdate(db: Db, named: Named): Promise<ProgressRow[]> {
  return db.select().from(questProgress).where(areNamed(named)).orderBy(questProgress.id).for('update');
}

type ProgressChange = Partial<Pick<ProgressRow, 'count' | 'completedAt' | 'claimedAt'>>;

/** The caller holds the row. */
export async function updateProgress(
  db: Db,
  { tenantId, progressId, change, now }: Key & { change: ProgressChange; now: Date },
): Promise<ProgressRow> {
  const [row] = await db
    .update(questProgress)
    .set({ ...change, updatedAt: now })
    .where(and(eq(questProgress.tenantId, tenantId), eq(questProgress.id, progressId)))
    .returning();
  if (!row) throw new Error('a progress is gone');
  return row;
}
