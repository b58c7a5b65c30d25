import { sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { id, instant } from './columns.ts';
import { cryptoPayments, units } from './crypto.ts';
import { users } from './users.ts';

/**
 * What a brand owes a customer as credit, by the payment that it came from: `id` is that payment. It is taken off the next
 * payments in the same asset on the same chain. `units` is what is owed now, less what was sent back.
 */
export const cryptoCredits = pgTable(
  'crypto_credits',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    userId: id()
      .notNull()
      .references(() => users.id),
    chainId: integer().notNull(),
    asset: text().notNull(),
    contract: text(),
    decimals: integer().notNull(),
    units: units().notNull(),
    usedUnits: units().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('crypto_credits_list_idx').on(table.tenantId, table.createdAt, table.id),
    // Over all brands, for the one who has them; also what a payment can take.
    index('crypto_credits_of_user_idx').on(table.userId, table.createdAt, table.id),
    check('crypto_credits_units_check', sql`${table.usedUnits} >= 0 and ${table.usedUnits} <= ${table.units}`),
    foreignKey({
      name: 'crypto_credits_payment_fk',
      columns: [table.tenantId, table.id],
      foreignColumns: [cryptoPayments.tenantId, cryptoPayments.id],
    }),
  ],
);

/** What a payment has taken of a credit, until it is given back. `lostUnits` is what a reorganisation took from under it. */
export const cryptoCreditUses = pgTable(
  'crypto_credit_uses',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    creditId: id().notNull(),
    paymentId: id().notNull(),
    units: units().notNull(),
    lostUnits: units().notNull(),
    /** When it was lost the last time. */
    lostAt: instant(),
    releasedAt: instant(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('crypto_credit_uses_credit_idx').on(table.tenantId, table.creditId),
    index('crypto_credit_uses_payment_idx').on(table.tenantId, table.paymentId),
    check(
      'crypto_credit_uses_units_check',
      sql`${table.units} > 0 and ${table.lostUnits} >= 0 and ${table.lostUnits} <= ${table.units}`,
    ),
    foreignKey({
      name: 'crypto_credit_uses_credit_fk',
      columns: [table.tenantId, table.creditId],
      foreignColumns: [cryptoCredits.tenantId, cryptoCredits.id],
    }),
    foreignKey({
      name: 'crypto_credit_uses_payment_fk',
      columns: [table.tenantId, table.paymentId],
      foreignColumns: [cryptoPayments.tenantId, cryptoPayments.id],
    }),
  ],
);
