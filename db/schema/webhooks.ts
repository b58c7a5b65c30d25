import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, jsonb, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { type DeliveryError, deliveryStatuses, disabledReasons } from '#schemas/webhooks.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { tenants } from './tenants.ts';

/** Where a brand wants to be told. Secrets are sealed by the application; the previous one signs too until it ends. */
export const webhookEndpoints = pgTable(
  'webhook_endpoints',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    url: text().notNull(),
    events: text().array().notNull(),
    active: boolean().notNull(),
    secret: text().notNull(),
    previousSecret: text(),
    previousSecretUntil: instant(),
    /** It is told of events beyond this position: those since it was made, or last enabled. */
    fromPosition: bigint({ mode: 'number' }).notNull(),
    /** Since the first failure after the last success. */
    failingSince: instant(),
    disabledAt: instant(),
    disabledReason: choice(disabledReasons),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('webhook_endpoints_list_idx').on(table.tenantId, table.createdAt, table.id),
    oneOf('webhook_endpoints_reason_check', table.disabledReason, disabledReasons),
  ],
);

/** An attempt as its delivery keeps it; `at` is an instant in ISO 8601. */
export type StoredAttempt = {
  at: string;
  statusCode: number | null;
  durationMs: number;
  error: DeliveryError | null;
  response: string | null;
};

/**
 * One message to one endpoint, with its attempts. What is `pending` is due at nextAttemptAt, which is put off while somebody sends it. No
 * foreign key to the endpoint: it may go at once, and its deliveries with the next purges. None to the brand, which its event
 * has: checking it would cost as much as the row.
 */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    endpointId: id().notNull(),
    eventId: id().notNull(),
    eventType: text().notNull(),
    position: bigint({ mode: 'number' }).notNull(),
    status: choice(deliveryStatuses).notNull(),
    attempts: jsonb().$type<StoredAttempt[]>().notNull().default([]),
    nextAttemptAt: instant(),
    redeliveryOf: id(),
    createdAt: instant().notNull(),
    finishedAt: instant(),
  },
  (table) => [
    // Ids rise with time: the newest of an endpoint are the last of its key.
    primaryKey({ columns: [table.tenantId, table.endpointId, table.id] }),
    index('webhook_deliveries_due_idx')
      .on(table.tenantId, table.endpointId, table.nextAttemptAt, table.position)
      .where(sql`${table.status} = 'pending'`),
    // Few among many: what succeeded never touches it.
    index('webhook_deliveries_lost_idx')
      .on(table.tenantId, table.endpointId, table.id)
      .where(sql`${table.status} in ('failed', 'canceled')`),
    index('webhook_deliveries_age_idx').using('brin', table.createdAt),
    oneOf('webhook_deliveries_status_check', table.status, deliveryStatuses),
    check('webhook_deliveries_due_check', sql`(${table.status} = 'pending') = (${table.nextAttemptAt} is not null)`),
  ],
);

/**
 * Deliveries that a process has taken as their events were dispatched. They become rows with what came of their first
 * attempt, which are then written once; what is left at `until`, when the process is gone, becomes rows that are due.
 */
export const webhookBatches = pgTable(
  'webhook_batches',
  {
    tenantId: id().notNull(),
    endpointId: id().notNull(),
    id: id().notNull(),
    /** The id of the n-th delivery is that of the batch, with n in place of its last four digits. */
    eventIds: id().array().notNull(),
    createdAt: instant().notNull(),
    until: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.endpointId, table.id] }),
    index('webhook_batches_until_idx').on(table.until),
  ],
);

/** Up to where events have become deliveries: one row. */
export const webhookCursor = pgTable(
  'webhook_cursor',
  { id: smallint().primaryKey(), position: bigint({ mode: 'number' }).notNull() },
  (table) => [check('webhook_cursor_one_check', sql`${table.id} = 1`)],
);
