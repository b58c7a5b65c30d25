import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  check,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { claimStatuses, releaseReasons, type TakenBudget, type TakenUse } from '#schemas/coupon-claims.ts';
import { budgetMeasures, couponPeriods } from '#schemas/coupons.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { couponCounters } from './coupons.ts';
import { payments } from './payments.ts';
import { subscriptions } from './subscriptions.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

const money = () => bigint({ mode: 'number' });

/**
 * Every use of a coupon, whether it was claimed first or taken by a payment itself. `uses` and `budgets` name the rows that
 * it has taken from, so that just those get it back.
 */
export const couponClaims = pgTable(
  'coupon_claims',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    couponId: id().notNull(),
    userId: id()
      .notNull()
      .references(() => users.id),
    promotionCodeId: id(),
    code: text().notNull(),
    status: choice(claimStatuses).notNull(),
    claimedAt: instant().notNull(),
    expiresAt: instant(),
    paymentId: id(),
    /** It holds it until its first invoice is paid, or it ends. */
    subscriptionId: id(),
    subtotal: money(),
    discount: money(),
    currency: text(),
    redeemedAt: instant(),
    /** The brand's day of its redemption. */
    redeemedOn: date({ mode: 'string' }),
    /** Who redeemed it at the till: a user or an API key. */
    redeemedBy: id(),
    releasedAt: instant(),
    releaseReason: choice(releaseReasons),
    uses: jsonb().$type<TakenUse[]>().notNull(),
    budgets: jsonb().$type<TakenBudget[]>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    ...indexesOf(table),
    oneOf('coupon_claims_status_check', table.status, claimStatuses),
    oneOf('coupon_claims_release_reason_check', table.releaseReason, releaseReasons),
    check('coupon_claims_discount_check', sql`0 <= ${table.discount} and ${table.discount} <= ${table.subtotal}`),
    check(
      'coupon_claims_state_check',
      sql`(${table.status} in ('released', 'expired')) = (${table.releasedAt} is not null)
        and (${table.status} <> 'claimed' or ${table.expiresAt} is not null)
        and (${table.status} <> 'reserved' or coalesce(${table.paymentId}, ${table.subscriptionId}) is not null)
        and (${table.status} <> 'redeemed' or ${table.redeemedAt} is not null)`,
    ),
    ...referencesOf(table),
  ],
);

type Columns = Record<
  | 'tenantId'
  | 'id'
  | 'couponId'
  | 'userId'
  | 'code'
  | 'status'
  | 'claimedAt'
  | 'expiresAt'
  | 'paymentId'
  | 'subscriptionId'
  | 'redeemedAt'
  | 'releasedAt',
  AnyPgColumn
>;

function indexesOf(table: Columns) {
  const expires = sql`${table.status} = 'claimed' and ${table.expiresAt} is not null`;
  return [
    uniqueIndex('coupon_claims_code_key').on(table.tenantId, table.code),
    // A person holds one claim of a coupon at a time.
    uniqueIndex('coupon_claims_open_key')
      .on(table.tenantId, table.couponId, table.userId)
      .where(sql`${table.status} = 'claimed'`),
    uniqueIndex('coupon_claims_payment_key')
      .on(table.tenantId, table.paymentId, table.couponId)
      .where(sql`${table.paymentId} is not null`),
    uniqueIndex('coupon_claims_subscription_key')
      .on(table.tenantId, table.subscriptionId)
      .where(sql`${table.subscriptionId} is not null`),
    index('coupon_claims_of_user_idx').on(table.userId, table.claimedAt, table.id),
    index('coupon_claims_list_idx').on(table.tenantId, table.claimedAt, table.id),
    index('coupon_claims_coupon_idx').on(table.tenantId, table.couponId, table.claimedAt, table.id),
    index('coupon_claims_redeemed_idx')
      .on(table.tenantId, table.couponId, table.redeemedAt)
      .where(sql`${table.redeemedAt} is not null`),
    // Of any brand: what was redeemed of late.
    index('coupon_claims_recent_idx')
      .on(table.redeemedAt, table.tenantId, table.couponId)
      .where(sql`${table.redeemedAt} is not null`),
    index('coupon_claims_released_idx')
      .on(table.tenantId, table.couponId, table.releasedAt)
      .where(sql`${table.releasedAt} is not null`),
    index('coupon_claims_held_idx')
      .on(table.tenantId, table.couponId, table.subscriptionId)
      .where(sql`${table.subscriptionId} is not null`),
    // Every open claim expires. Saying so keeps these two to what asks for the expiry: while the table was small, a person's
    // open claim was planned on them too, which reads all open claims.
    index('coupon_claims_overdue_idx').on(table.expiresAt).where(expires),
    index('coupon_claims_overdue_of_coupon_idx').on(table.tenantId, table.couponId, table.expiresAt).where(expires),
  ];
}

function referencesOf(table: Columns) {
  return [
    foreignKey({
      name: 'coupon_claims_counter_fk',
      columns: [table.tenantId, table.couponId],
      foreignColumns: [couponCounters.tenantId, couponCounters.couponId],
    }),
    foreignKey({
      name: 'coupon_claims_payment_fk',
      columns: [table.tenantId, table.paymentId],
      foreignColumns: [payments.tenantId, payments.id],
    }),
    foreignKey({
      name: 'coupon_claims_subscription_fk',
      columns: [table.tenantId, table.subscriptionId],
      foreignColumns: [subscriptions.tenantId, subscriptions.id],
    }),
  ];
}

/**
 * How often a person has used a coupon, for each thing that they are known by (account, e-mail address, cards) and each
 * period. With the brand as its scope: its coupons for a first purchase.
 */
export const couponUses = pgTable(
  'coupon_uses',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    scopeId: id().notNull(),
    identity: text().notNull(),
    period: choice(couponPeriods).notNull(),
    periodStart: instant().notNull(),
    used: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.scopeId, table.identity, table.period, table.periodStart] }),
    oneOf('coupon_uses_period_check', table.period, couponPeriods),
    check('coupon_uses_used_check', sql`${table.used} >= 0`),
  ],
);

/** What is used of a coupon's budgets in each period. */
export const couponBudgetUses = pgTable(
  'coupon_budget_uses',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    couponId: id().notNull(),
    measure: choice(budgetMeasures).notNull(),
    period: choice(couponPeriods).notNull(),
    periodStart: instant().notNull(),
    /** Empty for a number of redemptions. */
    currency: text().notNull(),
    used: money().notNull(),
  },
  (table) => [
    primaryKey({
      name: 'coupon_budget_uses_pk',
      columns: [table.tenantId, table.couponId, table.measure, table.period, table.periodStart, table.currency],
    }),
    oneOf('coupon_budget_uses_measure_check', table.measure, budgetMeasures),
    oneOf('coupon_budget_uses_period_check', table.period, couponPeriods),
    check('coupon_budget_uses_used_check', sql`${table.used} >= 0`),
  ],
);

/** The cards that somebody has paid the brand with, by the processor's fingerprint: one person may have many accounts. */
export const knownCards = pgTable(
  'known_cards',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    userId: id()
      .notNull()
      .references(() => users.id),
    fingerprint: text().notNull(),
    firstUsedAt: instant().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.userId, table.fingerprint] })],
);
