import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  date,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { downgradeModes, expiryModes, pointReasons, pointsPurchaseStatuses, tierBases } from '#schemas/points.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { memberships } from './memberships.ts';
import { products } from './products.ts';
import { tenants } from './tenants.ts';

/** Every movement of points, append-only: their sum is the balance of the membership. */
export const pointEntries = pgTable(
  'point_entries',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    membershipId: id().notNull(),
    amount: bigint({ mode: 'number' }).notNull(),
    reason: choice(pointReasons).notNull(),
    /** What an admin said. */
    note: text(),
    causeType: text(),
    causeId: id(),
    /** The day on whose leaderboards it counts, in the zone of the brand at that time; null: on none. */
    countsOn: date({ mode: 'string' }),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('point_entries_list_idx').on(table.tenantId, table.membershipId, table.createdAt, table.id),
    // A cause moves points once for each reason.
    uniqueIndex('point_entries_cause_key').on(table.tenantId, table.causeId, table.causeType, table.reason),
    oneOf('point_entries_reason_check', table.reason, pointReasons),
    check('point_entries_amount_check', sql`${table.amount} <> 0`),
    foreignKey({
      name: 'point_entries_membership_fk',
      columns: [table.tenantId, table.membershipId],
      foreignColumns: [memberships.tenantId, memberships.id],
    }),
  ],
);

/** When points expire and what they do to tiers. A brand without a row has the defaults (src/points/rules.ts). */
export const pointPolicies = pgTable(
  'point_policies',
  {
    tenantId: id()
      .primaryKey()
      .references(() => tenants.id),
    expiryMode: choice(expiryModes),
    expiryDays: integer(),
    tierBasis: choice(tierBases).notNull(),
    downgradeMode: choice(downgradeModes).notNull(),
    downgradeDays: integer(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    oneOf('point_policies_expiry_mode_check', table.expiryMode, expiryModes),
    oneOf('point_policies_tier_basis_check', table.tierBasis, tierBases),
    oneOf('point_policies_downgrade_mode_check', table.downgradeMode, downgradeModes),
    check(
      'point_policies_expiry_check',
      sql`num_nulls(${table.expiryMode}, ${table.expiryDays}) in (0, 2) and ${table.expiryDays} >= 1`,
    ),
    check(
      'point_policies_downgrade_check',
      sql`(${table.downgradeMode} = 'after') = (${table.downgradeDays} is not null) and ${table.downgradeDays} >= 1`,
    ),
  ],
);

/** A product that was paid with points. What it gave is in the effect ledger. */
export const pointsPurchases = pgTable(
  'points_purchases',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    membershipId: id().notNull(),
    userId: id().notNull(),
    productId: id().notNull(),
    quantity: integer().notNull(),
    points: bigint({ mode: 'number' }).notNull(),
    status: choice(pointsPurchaseStatuses).notNull(),
    createdAt: instant().notNull(),
    refundedAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('points_purchases_list_idx').on(table.tenantId, table.createdAt, table.id),
    index('points_purchases_of_user_idx').on(table.tenantId, table.userId, table.createdAt, table.id),
    oneOf('points_purchases_status_check', table.status, pointsPurchaseStatuses),
    check('points_purchases_amount_check', sql`${table.quantity} > 0 and ${table.points} > 0`),
    check('points_purchases_refund_check', sql`(${table.status} = 'refunded') = (${table.refundedAt} is not null)`),
    foreignKey({
      name: 'points_purchases_membership_fk',
      columns: [table.tenantId, table.membershipId],
      foreignColumns: [memberships.tenantId, memberships.id],
    }),
    foreignKey({
      name: 'points_purchases_product_fk',
      columns: [table.tenantId, table.productId],
      foreignColumns: [products.tenantId, products.id],
    }),
  ],
);
