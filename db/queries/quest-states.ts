import { and, asc, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { localDay, startOfDay } from '../local-days.ts';
import { prepared } from '../prepared.ts';
import { memberships } from '../schema/memberships.ts';
import { questStreaks, quests } from '../schema/quests.ts';
import { tenants } from '../schema/tenants.ts';
import { users } from '../schema/users.ts';
import { afterPosition, type PageRequest, pageParameters } from './paging.ts';

const now = sql`${sql.placeholder('now')}::timestamptz`;
/** The caller's, else the brand's. */
const timezone = sql<string>`coalesce(${users.timezone}, ${tenants.timezone})`;
const today = localDay(now, timezone);

/** A quest with all that decides whether a person can claim it now. The database says which day it is for them. */
const select = (db: Db, where: SQL | undefined) =>
  db
    .select({
      quest: quests,
      membership: {
        id: memberships.id,
        tierId: memberships.tierId,
        status: memberships.status,
        endsAt: memberships.endsAt,
        points: memberships.points,
      },
      streak: {
        streak: questStreaks.streak,
        best: questStreaks.best,
        freezes: questStreaks.freezes,
        lastDay: questStreaks.lastDay,
        lastAt: questStreaks.lastAt,
        lastTimezone: questStreaks.lastTimezone,
      },
      timezone,
      day: sql<string>`${today}::text`,
      tomorrowAt: sql<Date>`${startOfDay(sql`(${today} + 1)`, timezone)}`.mapWith(quests.createdAt),
      afterLastAt: sql<Date | null>`${startOfDay(sql`(${questStreaks.lastDay} + 1)`, timezone)}`.mapWith(
        quests.createdAt,
      ),
    })
    .from(quests)
    .innerJoin(tenants, eq(tenants.id, quests.tenantId))
    .leftJoin(users, eq(users.id, sql`${sql.placeholder('userId')}::uuid`))
    .leftJoin(memberships, and(eq(memberships.tenantId, quests.tenantId), eq(memberships.userId, users.id)))
    .leftJoin(
      questStreaks,
      and(
        eq(questStreaks.tenantId, quests.tenantId),
        eq(questStreaks.questId, quests.id),
        eq(questStreaks.membershipId, memberships.id),
      ),
    )
    .where(and(eq(quests.tenantId, sql.placeholder('tenantId')), isNull(quests.deletedAt), where))
    .orderBy(asc(quests.createdAt), asc(quests.id))
    .limit(sql.placeholder('rows'));

const one = prepared((db) => select(db, eq(quests.id, sql.placeholder('questId'))).prepare('find_quest_state'));
const list = prepared((db) =>
  select(
    db,
    and(
      afterPosition(quests.createdAt, quests.id),
      sql`(${sql.placeholder('withHidden')}::boolean or (${quests.active} and (${quests.endsAt} is null or ${quests.endsAt} > ${now})))`,
    ),
  ).prepare('list_quest_states'),
);

export type QuestState = Awaited<ReturnType<ReturnType<typeof one>['execute']>>[number];
type Asking = { tenantId: string; userId: string | null; now: Date };

export async function findQuestState(
  db: Db,
  { now: at, ...key }: Asking & { questId: string },
): Promise<QuestState | undefined> {
  const rows = await one(db).execute({ ...key, now: at.toISOString(), rows: 1 });
  return rows[0];
}

/** On quests_list_idx. */
export function listQuestStates(
  db: Db,
  { now: at, page, ...asking }: Asking & { withHidden: boolean; page: PageRequest },
): Promise<QuestState[]> {
  return list(db).execute({ ...asking, now: at.toISOString(), ...pageParameters(page) });
}
