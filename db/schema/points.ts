import { sql } from 'drizzle-orm';
import { bigint, check, foreignKey, index, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { pointReasons } from '#schemas/points.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { memberships } from './memberships.ts';

/** Every movement of points, append-only: their sum is the balance of the membership. */
export const pointEntries = pgTable(
  'point_entries',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    membershipId: id().notNull(),
    amount: bigint({ mode: 'number' }).notNull(),
    reason: choice(pointReasons).notNull(),
    /** What an admin said. */
    note: text(),
    causeType: text(),
    causeId: id(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('point_entries_list_idx').on(table.tenantId, table.membershipId, table.createdAt, table.id),
    // A cause moves points once for each reason.
    uniqueIndex('point_entries_cause_key').on(table.tenantId, table.causeId, table.causeType, table.reason),
    oneOf('point_entries_reason_check', table.reason, pointReasons),
    check('point_entries_amount_check', sql`${table.amount} <> 0`),
    foreignKey({
      name: 'point_entries_membership_fk',
      columns: [table.tenantId, table.membershipId],
      foreignColumns: [memberships.tenantId, memberships.id],
    }),
  ],
);
