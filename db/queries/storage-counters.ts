import { and, eq, sql } from 'drizzle-orm';
import type { FilePurpose } from '#schemas/storage.ts';
import type { Db } from '../client.ts';
import { storageCounters as counters } from '../schema/files.ts';

type Counter = { tenantId: string; purpose: 'all' | FilePurpose; holderId: string };
type Adding = Counter & { bytes: number; files: number; maxBytes: number; maxFiles: number };

/**
 * Adds, unless that would be more than there may be: one conditional statement, so that of any number who ask at once just as
 * many get room as there is.
 */
export async function addToCounter(db: Db, { maxBytes, maxFiles, ...adding }: Adding): Promise<boolean> {
  const { bytes, files } = adding;
  if (bytes > maxBytes || files > maxFiles) return false;
  const rows = await db
    .insert(counters)
    .values(adding)
    .onConflictDoUpdate({
      target: [counters.tenantId, counters.holderId, counters.purpose],
      set: { bytes: sql`${counters.bytes} + ${bytes}::bigint`, files: sql`${counters.files} + ${files}::bigint` },
      setWhere: sql`${counters.bytes} + ${bytes}::bigint <= ${maxBytes}::bigint
        and ${counters.files} + ${files}::bigint <= ${maxFiles}::bigint`,
    })
    .returning({ bytes: counters.bytes });
  return rows.length === 1;
}

/** Takes back what was counted. */
export async function takeFromCounter(
  db: Db,
  { tenantId, purpose, holderId, bytes, files }: Counter & { bytes: number; files: number },
): Promise<void> {
  await db
    .update(counters)
    .set({ bytes: sql`${counters.bytes} - ${bytes}::bigint`, files: sql`${counters.files} - ${files}::bigint` })
    .where(and(eq(counters.tenantId, tenantId), eq(counters.holderId, holderId), eq(counters.purpose, purpose)));
}

/** What a brand keeps, of all purposes and of each. */
export function listCounters(db: Db, tenantId: string) {
  return db
    .select({ purpose: counters.purpose, bytes: counters.bytes, files: counters.files })
    .from(counters)
    .where(and(eq(counters.tenantId, tenantId), eq(counters.holderId, tenantId)));
}
