import { type SQL, sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';

/** Keyset paging in the order (createdAt, id), for placeholders `at` and `afterId`: one index range, never an offset. */
export function afterPosition(createdAt: AnyPgColumn, id: AnyPgColumn): SQL {
  return sql`(${createdAt}, ${id}) > (${sql.placeholder('at')}::timestamptz, ${sql.placeholder('afterId')}::uuid)`;
}

/** The same for a list whose newest row comes first. */
export function beforePosition(createdAt: AnyPgColumn, id: AnyPgColumn, { at, afterId }: PageRequest): SQL {
  return sql`(${createdAt}, ${id}) < (${at.toISOString()}::timestamptz, ${afterId}::uuid)`;
}

export type PageRequest = { at: Date; afterId: string; rows: number };

/** Dates go to the driver as text: a raw placeholder has no column to encode it. */
export function pageParameters({ at, afterId, rows }: PageRequest) {
  return { at: at.toISOString(), afterId, rows };
}
