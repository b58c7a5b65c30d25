import { index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/**
 * The first answer to a write under an Idempotency-Key. The id is a hash of principal, tenant, method, path and key.
 * Without an answer it is a claim: the first request is running, at most until `expiresAt`.
 */
export const idempotentAnswers = pgTable(
  'idempotent_answers',
  {
    id: text().primaryKey(),
    requestHash: text().notNull(),
    statusCode: integer(),
    body: text(),
    expiresAt: instant().notNull(),
  },
  (table) => [index('idempotent_answers_expires_at_idx').on(table.expiresAt)],
);
