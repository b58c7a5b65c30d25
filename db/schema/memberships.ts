import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { membershipStatuses, priceIntervals } from '#schemas/memberships.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

/** What a brand's members can be. Without a price it is free. */
export const tiers = pgTable(
  'tiers',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    name: text().notNull(),
    code: text().notNull(),
    rank: integer().notNull(),
    priceAmount: bigint({ mode: 'number' }),
    priceCurrency: text(),
    priceInterval: choice(priceIntervals),
    benefits: jsonb().$type<string[]>().notNull(),
    pointsThreshold: bigint({ mode: 'number' }),
    trialDays: integer().notNull(),
    active: boolean().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    unique('tiers_code_key').on(table.tenantId, table.code),
    index('tiers_list_idx').on(table.tenantId, table.createdAt, table.id),
    index('tiers_rank_idx').on(table.tenantId, table.rank, table.id),
    index('tiers_points_idx')
      .on(table.tenantId, table.pointsThreshold)
      .where(sql`${table.pointsThreshold} is not null`),
    oneOf('tiers_price_interval_check', table.priceInterval, priceIntervals),
    check(
      'tiers_price_check',
      sql`num_nulls(${table.priceAmount}, ${table.priceCurrency}, ${table.priceInterval}) in (0, 3) and ${table.priceAmount} > 0`,
    ),
  ],
);

/** One row for each person and brand; it stays when they leave. `points` is the balance of their ledger (db/schema/points.ts). */
export const memberships = pgTable(
  'memberships',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    userId: id()
      .notNull()
      .references(() => users.id),
    tierId: id().notNull(),
    status: choice(membershipStatuses).notNull(),
    points: bigint({ mode: 'number' }).notNull().default(0),
    /** All that was earned, less what was taken back: what tiers are reached by. */
    pointsEarned: bigint({ mode: 'number' }).notNull().default(0),
    /** When the member last earned or spent, or began to have points. */
    pointsActiveAt: instant(),
    /** Before this instant no points expire; at it, it is worked out which do. */
    pointsExpireAt: instant(),
    /** The tier that points brought. While it is the tier, too few points can take it. */
    pointsTierId: id(),
    /** When it falls, unless its points are there again before. */
    tierFallsAt: instant(),
    hidesName: boolean().notNull().default(false),
    startedAt: instant().notNull(),
    expiresAt: instant(),
    /** When the benefits stop unless something happens: later than expiresAt while a renewal is under way. */
    endsAt: instant(),
    cancelAtPeriodEnd: boolean().notNull().default(false),
    subscriptionId: text(),
    referralCode: text(),
    /** The tier is lent until then, and the one before comes back. */
    lentUntil: instant(),
    lentFromTierId: id(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('memberships_user_key').on(table.tenantId, table.userId),
    index('memberships_of_user_idx').on(table.userId, table.createdAt, table.id),
    index('memberships_list_idx').on(table.tenantId, table.createdAt, table.id),
    index('memberships_end_idx').on(table.endsAt).where(sql`${table.status} in ('trialing', 'active', 'past_due')`),
    index('memberships_lent_idx').on(table.lentUntil).where(sql`${table.lentUntil} is not null`),
    check('memberships_lent_check', sql`num_nulls(${table.lentUntil}, ${table.lentFromTierId}) in (0, 2)`),
    index('memberships_points_expiry_idx').on(table.pointsExpireAt).where(sql`${table.pointsExpireAt} is not null`),
    index('memberships_tier_fall_idx').on(table.tierFallsAt).where(sql`${table.tierFallsAt} is not null`),
    oneOf('memberships_status_check', table.status, membershipStatuses),
    foreignKey({
      name: 'memberships_tier_fk',
      columns: [table.tenantId, table.tierId],
      foreignColumns: [tiers.tenantId, tiers.id],
    }),
    foreignKey({
      name: 'memberships_lent_from_fk',
      columns: [table.tenantId, table.lentFromTierId],
      foreignColumns: [tiers.tenantId, tiers.id],
    }),
  ],
);
