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
import { apiKeyScopes } from '#schemas/api-keys.ts';
import { id, instant } from './columns.ts';
import { tenants } from './tenants.ts';

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
