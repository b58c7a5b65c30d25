import { and, eq } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { streakRepairs } from '../schema/quest-progress.ts';

export type StreakRepairRow = typeof streakRepairs.$inferSelect;

export async function insertStreakRepair(db: Db, row: StreakRepairRow): Promise<void> {
  await db.insert(streakRepairs).values(row);
}

type Key = { tenantId: string; questId: string; repairId: string };

export async function findStreakRepair(
  db: Db,
  { tenantId, questId, repairId }: Key,
): Promise<StreakRepairRow | undefined> {
  const rows = await db
    .select()
    .from(streakRepairs)
    .where(
      and(eq(streakRepairs.tenantId, tenantId), eq(streakRepairs.id, repairId), eq(streakRepairs.questId, questId)),
    );
  return rows[0];
}
