import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { stripeEventStatuses } from '#schemas/stripe-events.ts';
import { choice, id, instant, oneOf } from './columns.ts';

/**
 * Everything that Stripe told us, as it came. The event's own id is the primary key, written with its effect: told twice,
 * it counts once. What could not be applied is tried again at `retryAt`.
 */
export const stripeEvents = pgTable(
  'stripe_events',
  {
    eventId: text().primaryKey(),
    id: id().notNull(),
    account: text(),
    type: text().notNull(),
    livemode: boolean().notNull(),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    status: choice(stripeEventStatuses).notNull(),
    attempts: integer().notNull(),
    error: text(),
    createdAt: instant().notNull(),
    receivedAt: instant().notNull(),
    processedAt: instant(),
    retryAt: instant(),
  },
  (table) => [
    unique('stripe_events_id_key').on(table.id),
    index('stripe_events_list_idx').on(table.receivedAt, table.id),
    index('stripe_events_retry_idx').on(table.retryAt).where(sql`${table.retryAt} is not null`),
    oneOf('stripe_events_status_check', table.status, stripeEventStatuses),
  ],
);

/** How far the events of an account have been compared with what Stripe has: '' is the platform's own. */
export const stripeReadings = pgTable('stripe_readings', {
  account: text().primaryKey(),
  readUntil: instant().notNull(),
});
