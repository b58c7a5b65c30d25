import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  date,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { apiKeyScopes, refillIntervals } from '#schemas/api-keys.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { tenants } from './tenants.ts';

/** What a key may still ask, as of the last request that took one. A rotated key and its successor share a row. */
export const apiKeyCredits = pgTable(
  'api_key_credits',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    remaining: integer().notNull(),
    refillAmount: integer(),
    refillInterval: choice(refillIntervals),
    refillsAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    check('api_key_credits_remaining_check', sql`${table.remaining} >= 0`),
    check('api_key_credits_refill_amount_check', sql`${table.refillAmount} >= 1`),
    oneOf('api_key_credits_refill_interval_check', table.refillInterval, refillIntervals),
    check(
      'api_key_credits_refill_check',
      sql`num_nonnulls(${table.refillAmount}, ${table.refillInterval}, ${table.refillsAt}) in (0, 3)`,
    ),
  ],
);

/** Keys of brands. Global, because a request shows only the key: it is found by its hash alone. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: id().primaryKey(),
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    name: text().notNull(),
    start: text().notNull(),
    keyHash: text().notNull(),
    scopes: text({ enum: apiKeyScopes }).array().notNull(),
    allowedAddresses: text().array().notNull().default([]),
    requestsPerMinute: integer(),
    creditsId: id(),
    enabled: boolean().notNull().default(true),
    createdBy: id().notNull(),
    createdAt: instant().notNull(),
    expiresAt: instant(),
    lastUsedAt: instant(),
    revokedAt: instant(),
    revokedBy: id(),
    replacedBy: id(),
  },
  (table) => [
    uniqueIndex('api_keys_key_hash_key').on(table.keyHash),
    // What usage refers to.
    unique('api_keys_tenant_key').on(table.tenantId, table.id),
    foreignKey({
      name: 'api_keys_credits_fk',
      columns: [table.tenantId, table.creditsId],
      foreignColumns: [apiKeyCredits.tenantId, apiKeyCredits.id],
    }),
    index('api_keys_list_idx').on(table.tenantId, table.createdAt, table.id),
    check(
      'api_keys_scopes_check',
      sql`${table.scopes} <@ ${sql.raw(`array['${apiKeyScopes.join("','")}']`)} and 'read' = any(${table.scopes})`,
    ),
  ],
);

/** Requests of a key that no limit refused, by day (UTC) and operation. */
export const apiKeyUsage = pgTable(
  'api_key_usage',
  {
    tenantId: id().notNull(),
    apiKeyId: id().notNull(),
    day: date().notNull(),
    operation: text().notNull(),
    requests: bigint({ mode: 'number' }).notNull(),
    failed: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.apiKeyId, table.day, table.operation] }),
    foreignKey({
      name: 'api_key_usage_key_fk',
      columns: [table.tenantId, table.apiKeyId],
      foreignColumns: [apiKeys.tenantId, apiKeys.id],
    }),
  ],
);

/** The same summed over all keys of a brand, by month: what its quota is measured on. */
export const tenantUsageMonths = pgTable(
  'tenant_usage_months',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    month: date().notNull(),
    requests: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.month] })],
);
