import { sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { questClaims, questStreaks } from '../schema/quests.ts';

export type QuestClaimRow = typeof questClaims.$inferSelect;
export type StreakRow = typeof questStreaks.$inferSelect;

const value = (name: string) => sql.placeholder(name);

const claim = prepared((db) =>
  db
    .insert(questClaims)
    .values({
      tenantId: value('tenantId'),
      id: value('id'),
      questId: value('questId'),
      membershipId: value('membershipId'),
      userId: value('userId'),
      day: value('day'),
      timezone: value('timezone'),
      points: value('points'),
      bonusPoints: value('bonusPoints'),
      streak: value('streak'),
      bestStreak: value('bestStreak'),
      freezesUsed: value('freezesUsed'),
      createdAt: value('createdAt'),
    })
    .onConflictDoNothing()
    .returning({ id: questClaims.id })
    .prepare('insert_quest_claim'),
);

/** False when the member has claimed the day: of many at once one gets it, and the others wait for that one. */
export async function insertQuestClaim(db: Db, row: QuestClaimRow): Promise<boolean> {
  const rows = await claim(db).execute(row);
  return rows.length > 0;
}

const streak = prepared((db) =>
  db
    .insert(questStreaks)
    .values({
      tenantId: value('tenantId'),
      questId: value('questId'),
      membershipId: value('membershipId'),
      streak: value('streak'),
      best: value('best'),
      freezes: value('freezes'),
      lastDay: value('lastDay'),
      lastAt: value('lastAt'),
      lastTimezone: value('lastTimezone'),
    })
    .onConflictDoUpdate({
      target: [questStreaks.tenantId, questStreaks.questId, questStreaks.membershipId],
      set: {
        streak: sql`excluded.streak`,
        best: sql`excluded.best`,
        freezes: sql`excluded.freezes`,
        lastDay: sql`excluded.last_day`,
        lastAt: sql`excluded.last_at`,
        lastTimezone: sql`excluded.last_timezone`,
      },
      setWhere: sql`${questStreaks.lastDay} = ${value('fromDay')}::date`,
    })
    .returning({ lastDay: questStreaks.lastDay })
    .prepare('save_quest_streak'),
);

/** False when it is not the one any more that the new one was made from, which had `fromDay` as its last day. */
export async function saveStreak(
  db: Db,
  { fromDay, ...row }: StreakRow & { fromDay: string | null },
): Promise<boolean> {
  const rows = await streak(db).execute({ ...row, fromDay });
  return rows.length > 0;
}
