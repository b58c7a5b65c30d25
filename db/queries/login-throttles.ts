import { and, eq, inArray, lte, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { loginThrottles } from '../schema/login-throttles.ts';

const byKeys = prepared((db) =>
  db
    .select()
    .from(loginThrottles)
    .where(
      inArray(loginThrottles.key, [sql.placeholder('account'), sql.placeholder('address'), sql.placeholder('pair')]),
    )
    .prepare('list_login_throttles'),
);

export type ThrottleKeys = { account: string; address: string; pair: string };
export type ThrottleRow = typeof loginThrottles.$inferSelect;

export function listLoginThrottles(db: Db, keys: ThrottleKeys): Promise<ThrottleRow[]> {
  return byKeys(db).execute(keys);
}

/** Takes the next turn of a key that is being slowed down: of many callers at once, one gets it. */
export async function updateThrottleTurn(
  db: Db,
  { key, until, now }: { key: string; until: Date; now: Date },
): Promise<boolean> {
  const rows = await db
    .update(loginThrottles)
    .set({ blockedUntil: until })
    .where(and(eq(loginThrottles.key, key), lte(loginThrottles.blockedUntil, now)))
    .returning({ key: loginThrottles.key });
  return rows.length === 1;
}

/** Counts one failure under each key; a count older than the window starts anew. */
export async function insertLoginFailure(
  db: Db,
  { keys, now, windowStart }: { keys: ThrottleKeys; now: Date; windowStart: Date },
): Promise<void> {
  const sorted = Object.values(keys).sort();
  await db
    .insert(loginThrottles)
    .values(sorted.map((key) => ({ key, failures: 1, blockedUntil: now, lastFailedAt: now })))
    .onConflictDoUpdate({
      target: loginThrottles.key,
      set: {
        failures: sql`case when ${loginThrottles.lastFailedAt} < ${windowStart.toISOString()}::timestamptz then 1 else ${loginThrottles.failures} + 1 end`,
        lastFailedAt: sql`excluded.last_failed_at`,
      },
    });
}

export async function deleteLoginThrottle(db: Db, key: string): Promise<void> {
  await db.delete(loginThrottles).where(eq(loginThrottles.key, key));
}
