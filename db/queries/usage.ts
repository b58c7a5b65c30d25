import { and, asc, between, eq, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { apiKeyUsage, tenantUsageMonths } from '../schema/api-keys.ts';

export type UsageRow = typeof apiKeyUsage.$inferSelect;
export type UsageMonthRow = typeof tenantUsageMonths.$inferSelect;

// At most so many rows a statement: each has six parameters.
const ROWS = 1_000;

/** Adds counts to what is there. Rows in the order of their keys, so that two processes never wait for each other. */
export async function insertUsage(db: Db, rows: UsageRow[]): Promise<void> {
  const sorted = rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  for (let from = 0; from < sorted.length; from += ROWS) {
    await db
      .insert(apiKeyUsage)
      .values(sorted.slice(from, from + ROWS))
      .onConflictDoUpdate({
        target: [apiKeyUsage.tenantId, apiKeyUsage.apiKeyId, apiKeyUsage.day, apiKeyUsage.operation],
        set: {
          requests: sql`${apiKeyUsage.requests} + excluded.requests`,
          failed: sql`${apiKeyUsage.failed} + excluded.failed`,
        },
      });
  }
}

/** The same by month; answers the new sums. */
export async function insertUsageMonths(db: Db, rows: UsageMonthRow[]): Promise<UsageMonthRow[]> {
  const sorted = rows.toSorted((a, b) => (a.tenantId + a.month < b.tenantId + b.month ? -1 : 1));
  const sums: UsageMonthRow[] = [];
  for (let from = 0; from < sorted.length; from += ROWS) {
    const stored = await db
      .insert(tenantUsageMonths)
      .values(sorted.slice(from, from + ROWS))
      .onConflictDoUpdate({
        target: [tenantUsageMonths.tenantId, tenantUsageMonths.month],
        set: { requests: sql`${tenantUsageMonths.requests} + excluded.requests` },
      })
      .returning();
    sums.push(...stored);
  }
  return sums;
}

/** By day and operation: a range of the primary key. */
export function listUsage(
  db: Db,
  { tenantId, apiKeyId, from, to }: { tenantId: string; apiKeyId: string; from: string; to: string },
): Promise<UsageRow[]> {
  return db
    .select()
    .from(apiKeyUsage)
    .where(
      and(eq(apiKeyUsage.tenantId, tenantId), eq(apiKeyUsage.apiKeyId, apiKeyId), between(apiKeyUsage.day, from, to)),
    )
    .orderBy(asc(apiKeyUsage.day), asc(apiKeyUsage.operation));
}

const month = prepared((db) =>
  db
    .select({ requests: tenantUsageMonths.requests })
    .from(tenantUsageMonths)
    .where(
      and(
        eq(tenantUsageMonths.tenantId, sql.placeholder('tenantId')),
        eq(tenantUsageMonths.month, sql.placeholder('month')),
      ),
    )
    .prepare('find_usage_month'),
);

/** Requests of all keys of the brand in the month that begins on the day. */
export async function findUsageMonth(db: Db, input: { tenantId: string; month: string }): Promise<number> {
  return (await month(db).execute(input))[0]?.requests ?? 0;
}

function keyOf({ tenantId, apiKeyId, day, operation }: UsageRow): string {
  return [tenantId, apiKeyId, day, operation].join(' ');
}
