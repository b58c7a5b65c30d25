import { index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** Failed sign-ins per hashed key: an account, an address, or the two together. */
export const loginThrottles = pgTable(
  'login_throttles',
  {
    key: text().primaryKey(),
    failures: integer().notNull(),
    blockedUntil: instant().notNull(),
    lastFailedAt: instant().notNull(),
  },
  (table) => [index('login_throttles_last_failed_at_idx').on(table.lastFailedAt)],
);
