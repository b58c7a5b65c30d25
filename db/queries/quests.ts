import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { quests } from '../schema/quests.ts';

export type QuestRow = typeof quests.$inferSelect;
type Key = { tenantId: string; questId: string };

const isQuest = ({ tenantId, questId }: Key) => and(eq(quests.tenantId, tenantId), eq(quests.id, questId));
const isThere = (key: Key) => and(isQuest(key), isNull(quests.deletedAt));

/** Also one that was removed: what it gave stays known. */
export async function findQuest(db: Db, key: Key): Promise<QuestRow | undefined> {
  return (await db.select().from(quests).where(isQuest(key)))[0];
}

export async function findQuestForUpdate(db: Db, key: Key): Promise<QuestRow | undefined> {
  return (await db.select().from(quests).where(isThere(key)).for('update'))[0];
}

/** Which of these there are, and what each requires. */
export function listRequired(db: Db, { tenantId, questIds }: { tenantId: string; questIds: readonly string[] }) {
  return db
    .select({ id: quests.id, requires: quests.requires })
    .from(quests)
    .where(and(eq(quests.tenantId, tenantId), inArray(quests.id, [...questIds]), isNull(quests.deletedAt)));
}

export async function insertQuest(db: Db, quest: typeof quests.$inferInsert): Promise<QuestRow> {
  const [row] = await db.insert(quests).values(quest).returning();
  if (!row) throw new Error('insert returned no row');
  return row;
}

export type QuestChange = Partial<Omit<QuestRow, 'tenantId' | 'id' | 'createdAt' | 'updatedAt'>>;

export async function updateQuest(db: Db, { change, now, ...key }: Key & { change: QuestChange; now: Date }) {
  const rows = await db
    .update(quests)
    .set({ ...change, updatedAt: now })
    .where(isThere(key))
    .returning();
  return rows[0];
}

/** Takes one of the claims that the quest has for all members together. False when none is left. */
export async function takeQuestClaim(db: Db, key: Key): Promise<boolean> {
  const rows = await db
    .update(quests)
    .set({ claims: sql`${quests.claims} + 1` })
    .where(and(isThere(key), sql`${quests.claims} < ${quests.maxClaims}`))
    .returning({ id: quests.id });
  return rows.length > 0;
}
