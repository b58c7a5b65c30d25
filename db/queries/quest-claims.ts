import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { effects } from '../schema/effects.ts';
import { questMembers } from '../schema/quest-progress.ts';
import { questClaims, quests } from '../schema/quests.ts';

export type QuestClaimRow = typeof questClaims.$inferSelect;
export type QuestMemberRow = typeof questMembers.$inferSelect;
export type NewQuestClaim = Omit<QuestClaimRow, 'takenBackAt'>;

const value = (name: string) => sql.placeholder(name);

const claim = (db: Db) =>
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
      rewards: value('rewards'),
      createdAt: value('createdAt'),
    })
    .onConflictDoNothing()
    .returning();

const effect = (db: Db) =>
  db.insert(effects).select(
    sql`select ${value('tenantId')}::uuid, ${value('effectId')}::uuid, 'quest', "id", 'points', "membership_id", "user_id",
      "points" + "bonus_points", "created_at", null, null from "claimed" where "points" + "bonus_points" > 0`,
  );

// The member's standing follows the claim: of many at once one gets the day, and the others wait for that one.
const claiming = prepared((db) => {
  const claimed = db.$with('claimed').as(claim(db));
  const given = db.$with('given').as(effect(db));
  return db
    .with(claimed, given)
    .insert(questMembers)
    .select(
      sql`select ${value('tenantId')}::uuid, "quest_id", "membership_id", 1, "streak", "best_streak", ${value('freezes')}::int,
        "day", "created_at", "timezone" from "claimed"`,
    )
    .onConflictDoUpdate({
      target: [questMembers.tenantId, questMembers.questId, questMembers.membershipId],
      set: {
        claims: sql`${questMembers.claims} + 1`,
        streak: sql`excluded.streak`,
        best: sql`excluded.best`,
        freezes: sql`excluded.freezes`,
        lastDay: sql`excluded.last_day`,
        lastAt: sql`excluded.last_at`,
        lastTimezone: sql`excluded.last_timezone`,
      },
      setWhere: sql`${questMembers.lastAt} = ${value('fromAt')}::timestamptz and ${questMembers.streak} = ${value('fromStreak')}
        and ${questMembers.freezes} = ${value('fromFreezes')} and ${questMembers.lastDay} = ${value('fromDay')}::date
        and (${value('maxPerMember')}::int is null or ${questMembers.claims} < ${value('maxPerMember')}::int)`,
    })
    .returning({ claims: questMembers.claims })
    .prepare('claim_quest');
});

type Standing = Pick<QuestMemberRow, 'streak' | 'freezes' | 'lastDay' | 'lastAt'>;
export type ClaimFrom = { effectId: string; from: Standing | null; freezes: number; maxPerMember: number | null };

/**
 * A claim with the effect of its points, and one more for the member. False when they have claimed the day, stand otherwise
 * than what it was made from, or have none left.
 */
export async function insertQuestClaim(db: Db, row: NewQuestClaim, { from, ...standing }: ClaimFrom): Promise<boolean> {
  const rows = await claiming(db).execute({
    ...row,
    ...standing,
    fromDay: from?.lastDay ?? null,
    fromAt: from?.lastAt.toISOString() ?? null,
    fromStreak: from?.streak ?? null,
    fromFreezes: from?.freezes ?? null,
  });
  return rows.length > 0;
}

type Key = { tenantId: string; questId: string; membershipId: string };
const isMember = ({ tenantId, questId, membershipId }: Key) =>
  and(
    eq(questMembers.tenantId, tenantId),
    eq(questMembers.questId, questId),
    eq(questMembers.membershipId, membershipId),
  );

export async function findQuestMemberForUpdate(db: Db, key: Key): Promise<QuestMemberRow | undefined> {
  return (await db.select().from(questMembers).where(isMember(key)).for('update'))[0];
}

export async function insertQuestMember(db: Db, row: QuestMemberRow): Promise<boolean> {
  const rows = await db.insert(questMembers).values(row).onConflictDoNothing().returning({ id: questMembers.questId });
  return rows.length > 0;
}

type MemberChange = Partial<Pick<QuestMemberRow, 'streak' | 'best' | 'freezes' | 'lastDay'>>;

/** The caller holds the row. */
export async function updateQuestMember(db: Db, { change, ...key }: Key & { change: MemberChange }): Promise<void> {
  await db.update(questMembers).set(change).where(isMember(key));
}

/** One more freeze, unless the member has as many as can be kept. */
export async function addFreeze(db: Db, { max, ...key }: Key & { max: number }): Promise<number | undefined> {
  const rows = await db
    .update(questMembers)
    .set({ freezes: sql`${questMembers.freezes} + 1` })
    .where(and(isMember(key), sql`${questMembers.freezes} < ${max}`))
    .returning({ freezes: questMembers.freezes });
  return rows[0]?.freezes;
}

type OfPeriod = Key & { day: string };

const isStanding = ({ tenantId, questId, membershipId, day }: OfPeriod) =>
  and(
    eq(questClaims.tenantId, tenantId),
    eq(questClaims.questId, questId),
    eq(questClaims.membershipId, membershipId),
    eq(questClaims.day, day),
    isNull(questClaims.takenBackAt),
  );

/** The claim of a period that was not taken back, on quest_claims_day_key. */
export async function findStandingClaim(db: Db, key: OfPeriod): Promise<QuestClaimRow | undefined> {
  return (await db.select().from(questClaims).where(isStanding(key)))[0];
}

/** Takes the claim of a period back, with its place among all claims and those of the member. Once: nothing the second time. */
export async function takeBackQuestClaim(
  db: Db,
  { day, now, ...key }: OfPeriod & { now: Date },
): Promise<QuestClaimRow | undefined> {
  const { tenantId, questId } = key;
  const [row] = await db
    .update(questClaims)
    .set({ takenBackAt: now })
    .where(isStanding({ ...key, day }))
    .returning();
  if (!row) return undefined;
  await db
    .update(questMembers)
    .set({ claims: sql`${questMembers.claims} - 1` })
    .where(isMember(key));
  await db
    .update(quests)
    .set({ claims: sql`${quests.claims} - 1` })
    .where(
      and(
        eq(quests.tenantId, tenantId),
        eq(quests.id, questId),
        sql`${quests.maxClaims} is not null and ${quests.claims} > 0`,
      ),
    );
  return row;
}
