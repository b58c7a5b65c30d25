import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { codeBatchSources, codeBatchStatuses, codeCharsets } from '#schemas/coupon-codes.ts';
import {
  type AutoPause,
  type CouponBudget,
  type CouponHours,
  couponDurations,
  couponKinds,
  type MoneyOptions,
  type PerUserPeriod,
} from '#schemas/coupons.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { products } from './products.ts';
import { tenants } from './tenants.ts';

const money = () => bigint({ mode: 'number' });

/**
 * What a coupon gives, to whom and when. How often it is used stands in its counters, so that a claim never rewrites this
 * row. The sums are those of `currency`; `currencyOptions` has them for others.
 */
export const coupons = pgTable(
  'coupons',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    /** As given; promotion_codes has it too, where it is unique. */
    code: text(),
    name: text().notNull(),
    description: text(),
    kind: choice(couponKinds).notNull(),
    percentOff: numeric({ precision: 5, scale: 2, mode: 'number' }),
    amountOff: money(),
    currency: text(),
    currencyOptions: jsonb().$type<Record<string, MoneyOptions>>().notNull(),
    productId: id(),
    maxDiscount: money(),
    minSubtotal: money(),
    startsAt: instant(),
    endsAt: instant(),
    hours: jsonb().$type<CouponHours[]>().notNull(),
    maxPerUser: integer(),
    perUserPeriod: jsonb().$type<PerUserPeriod>(),
    firstPurchaseOnly: boolean().notNull(),
    tierIds: jsonb().$type<string[]>().notNull(),
    productIds: jsonb().$type<string[]>().notNull(),
    public: boolean().notNull(),
    stackable: boolean().notNull(),
    claimTtlSeconds: integer().notNull(),
    duration: choice(couponDurations).notNull(),
    durationInMonths: integer(),
    budgets: jsonb().$type<CouponBudget[]>().notNull(),
    autoPause: jsonb().$type<AutoPause>(),
    active: boolean().notNull(),
    pausedAt: instant(),
    pausedReason: text(),
    /** How often it was redeemed within the hour before: who ends the pause has accepted that. */
    pausedRate: integer(),
    resumedAt: instant(),
    archivedAt: instant(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull(),
    externalId: text(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('coupons_external_id_key').on(table.tenantId, table.externalId),
    index('coupons_list_idx').on(table.tenantId, table.createdAt, table.id),
    index('coupons_public_idx')
      .on(table.tenantId, table.createdAt, table.id)
      .where(sql`${table.public} and ${table.active} and ${table.pausedAt} is null and ${table.archivedAt} is null`),
    oneOf('coupons_kind_check', table.kind, couponKinds),
    oneOf('coupons_duration_check', table.duration, couponDurations),
    check('coupons_percent_check', sql`0 < ${table.percentOff} and ${table.percentOff} <= 100`),
    check('coupons_sums_check', sql`${table.amountOff} > 0 and ${table.maxDiscount} > 0 and ${table.minSubtotal} >= 0`),
    check('coupons_times_check', sql`${table.startsAt} < ${table.endsAt}`),
    check(
      'coupons_gift_check',
      sql`(${table.kind} = 'percent') = (${table.percentOff} is not null)
        and (${table.kind} = 'amount') = (${table.amountOff} is not null)
        and (${table.kind} = 'product') = (${table.productId} is not null)`,
    ),
    foreignKey({
      name: 'coupons_product_fk',
      columns: [table.tenantId, table.productId],
      foreignColumns: [products.tenantId, products.id],
    }),
  ],
);

/** The uses of a coupon, all of which count against its limit: one narrow row, taken from by one conditional update. */
export const couponCounters = pgTable(
  'coupon_counters',
  {
    tenantId: id().notNull(),
    couponId: id().notNull(),
    maxRedemptions: integer(),
    claimed: integer().notNull().default(0),
    reserved: integer().notNull().default(0),
    redeemed: integer().notNull().default(0),
    /** Codes for one person each that were made for it. */
    codes: integer().notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.couponId] }),
    check('coupon_counters_least_check', sql`least(${table.claimed}, ${table.reserved}, ${table.redeemed}) >= 0`),
    check(
      'coupon_counters_most_check',
      sql`${table.claimed} + ${table.reserved} + ${table.redeemed} <= ${table.maxRedemptions}`,
    ),
    foreignKey({
      name: 'coupon_counters_coupon_fk',
      columns: [table.tenantId, table.couponId],
      foreignColumns: [coupons.tenantId, coupons.id],
    }).onDelete('cascade'),
  ],
);

/** What people type. A coupon's own code may be used by all; one that is for one person is used up by `usedAt`. */
export const promotionCodes = pgTable(
  'promotion_codes',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    couponId: id().notNull(),
    code: text().notNull(),
    /** The code in capitals: ASCII alone. */
    codeKey: text().notNull(),
    singleUse: boolean().notNull(),
    batchId: id(),
    usedAt: instant(),
    /** Revoked, or of an archived coupon: it may be given to another. */
    retiredAt: instant(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('promotion_codes_code_key').on(table.tenantId, table.codeKey).where(sql`${table.retiredAt} is null`),
    index('promotion_codes_coupon_idx').on(table.tenantId, table.couponId, table.id),
    index('promotion_codes_batch_idx').on(table.tenantId, table.batchId, table.id),
    foreignKey({
      name: 'promotion_codes_coupon_fk',
      columns: [table.tenantId, table.couponId],
      foreignColumns: [coupons.tenantId, coupons.id],
    }).onDelete('cascade'),
  ],
);

/** Many codes for one person each, made by a job or imported. With the batch all of them are revoked. */
export const codeBatches = pgTable(
  'code_batches',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    couponId: id().notNull(),
    source: choice(codeBatchSources).notNull(),
    pattern: text(),
    charset: choice(codeCharsets),
    status: choice(codeBatchStatuses).notNull(),
    requested: integer().notNull(),
    made: integer().notNull().default(0),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
    finishedAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('code_batches_list_idx').on(table.tenantId, table.couponId, table.createdAt, table.id),
    index('code_batches_open_idx').on(table.updatedAt).where(sql`${table.status} in ('queued', 'running')`),
    oneOf('code_batches_source_check', table.source, codeBatchSources),
    oneOf('code_batches_status_check', table.status, codeBatchStatuses),
    check('code_batches_made_check', sql`0 <= ${table.made} and ${table.made} <= ${table.requested}`),
    foreignKey({
      name: 'code_batches_coupon_fk',
      columns: [table.tenantId, table.couponId],
      foreignColumns: [coupons.tenantId, coupons.id],
    }).onDelete('cascade'),
  ],
);
