import { sql } from 'drizzle-orm';
import { bigint, check, date, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { referralDimensions } from '#schemas/referral-analytics.ts';
import { devices } from '#schemas/referrals.ts';
import { choice, id, instant, oneOf } from './columns.ts';

const sum = () => bigint({ mode: 'number' }).notNull().default(0);
const counts = () => ({
  clicks: sum(),
  uniqueVisitors: sum(),
  signups: sum(),
  conversions: sum(),
  rewardsPoints: sum(),
});
const ofSpan = () => ({
  tenantId: id().notNull(),
  dimension: choice(referralDimensions).notNull(),
  /** Days. */
  span: smallint().notNull(),
  startsOn: date({ mode: 'string' }).notNull(),
  /** The referrer, source, device or country. */
  key: text().notNull(),
});

/**
 * What the rollups do not know yet: one row for each click, sign-up, conversion and reward, and another with the opposite
 * signs when it does not stand any more. Triggers on these four tables write it, so that no writer can forget to, and
 * nobody waits for anybody; a job moves it to the rollups. The day is the brand's, of the click and so on, not of the row.
 */
export const referralActivity = pgTable(
  'referral_activity',
  {
    tenantId: id().notNull(),
    id: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    day: date({ mode: 'string' }).notNull(),
    referrerId: id().notNull(),
    source: text().notNull(),
    /** Of clicks alone. */
    device: choice(devices),
    country: text(),
    ...counts(),
    revenue: sum(),
    /** Of the revenue. */
    currency: text(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
);

/**
 * The sums of spans of 1, 4, 16, 64 and 256 days, counted from 1970-01-01: whatever the range, a few spans of each length
 * make it up. `total` has days alone. They are kept when what they were counted from is purged.
 */
export const referralRollups = pgTable('referral_rollups', { ...ofSpan(), ...counts() }, (table) => [
  primaryKey({
    name: 'referral_rollups_pk',
    columns: [table.tenantId, table.dimension, table.span, table.startsOn, table.key],
  }),
  oneOf('referral_rollups_dimension_check', table.dimension, referralDimensions),
  check('referral_rollups_span_check', sql`${table.span} in (1, 4, 16, 64, 256)`),
]);

/** The same of revenue, by currency: apart, so that who is first is found without it. */
export const referralRevenue = pgTable(
  'referral_revenue',
  { ...ofSpan(), currency: text().notNull(), revenue: sum() },
  (table) => [
    primaryKey({
      name: 'referral_revenue_pk',
      columns: [table.tenantId, table.dimension, table.span, table.startsOn, table.key, table.currency],
    }),
    oneOf('referral_revenue_dimension_check', table.dimension, referralDimensions),
    check('referral_revenue_span_check', sql`${table.span} in (1, 4, 16, 64, 256)`),
  ],
);

/**
 * The time zones that a brand has had, once it changed: the day of an instant is by the zone of then, so that days gone by
 * stay as they were counted. The first is since ever.
 */
export const referralZones = pgTable(
  'referral_zones',
  {
    tenantId: id().notNull(),
    since: instant().notNull(),
    timezone: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.since] })],
);
