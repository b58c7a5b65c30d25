import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { eventTypes } from '#schemas/events.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { tenants } from './tenants.ts';

/**
 * What happened in a brand, written in the transaction of the change: the outbox. `sequence` counts the events of one
 * object. `position` is the order of the feed: next_event_position() lets a reader know, by event_frontier(), up to where
 * no open transaction can still add one.
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
    position: bigint({ mode: 'number' }).notNull().default(sql`next_event_position()`),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('events_sequence_key').on(table.tenantId, table.objectType, table.objectId, table.sequence),
    index('events_feed_idx').on(table.tenantId, table.position),
    index('events_type_feed_idx').on(table.tenantId, table.type, table.position),
    index('events_position_idx').on(table.position),
    index('events_age_idx').using('brin', table.createdAt),
    oneOf('events_type_check', table.type, eventTypes),
  ],
);

/** The last number of an object whose events are purged: the next one goes on from it. */
export const eventSequences = pgTable(
  'event_sequences',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    objectType: text().notNull(),
    objectId: id().notNull(),
    last: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.objectType, table.objectId] })],
);
