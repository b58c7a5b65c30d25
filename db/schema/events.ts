import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  customType,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { eventTypes } from '#schemas/events.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { tenants } from './tenants.ts';

const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });

/**
 * What happened in a brand, written in the transaction of the change: the outbox. `sequence` counts the events of one object.
 * `transaction` lets a reader stop before one that is still open, so that nothing with a lower position appears later.
 */
export const events = pgTable(
  'events',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    type: choice(eventTypes).notNull(),
    objectType: text().notNull(),
    objectId: id().notNull(),
    sequence: bigint({ mode: 'number' }).notNull(),
    data: jsonb().$type<Record<string, unknown>>().notNull(),
    createdAt: instant().notNull(),
    position: bigserial({ mode: 'number' }).notNull(),
    transaction: xid8().notNull().default(sql`pg_current_xact_id()`),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('events_sequence_key').on(table.tenantId, table.objectType, table.objectId, table.sequence),
    index('events_feed_idx').on(table.tenantId, table.position),
    oneOf('events_type_check', table.type, eventTypes),
  ],
);
