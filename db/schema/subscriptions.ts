import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { priceIntervals } from '#schemas/memberships.ts';
import { subscriptionStatuses } from '#schemas/subscriptions.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { tiers } from './memberships.ts';
import { stripeCoupons } from './stripe-coupons.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

/** A tier that is paid again and again, as the processor last told it. `version` counts what it told. */
export const subscriptions = pgTable(
  'subscriptions',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    userId: id()
      .notNull()
      .references(() => users.id),
    tierId: id().notNull(),
    pendingTierId: id(),
    account: text(),
    cardSubscriptionId: text(),
    priceId: text(),
    stripeCouponId: id(),
    trialDays: integer().notNull(),
    status: choice(subscriptionStatuses).notNull(),
    currentPeriodStart: instant(),
    currentPeriodEnd: instant(),
    trialEnd: instant(),
    cancelAtPeriodEnd: boolean().notNull().default(false),
    canceledAt: instant(),
    endedAt: instant(),
    onceKey: text(),
    version: integer().notNull().default(0),
    checkAt: instant(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('subscriptions_once_key').on(table.tenantId, table.onceKey).where(sql`${table.onceKey} is not null`),
    unique('subscriptions_card_subscription_key').on(table.tenantId, table.cardSubscriptionId),
    // One that runs, or is being begun, for each person and brand.
    uniqueIndex('subscriptions_running_key')
      .on(table.tenantId, table.userId)
      .where(sql`${table.status} not in ('canceled', 'incomplete_expired')`),
    // Of any brand: a subscription is named by its id alone.
    index('subscriptions_id_idx').on(table.id),
    index('subscriptions_card_idx').on(table.cardSubscriptionId),
    index('subscriptions_check_idx').on(table.checkAt).where(sql`${table.checkAt} is not null`),
    oneOf('subscriptions_status_check', table.status, subscriptionStatuses),
    foreignKey({
      name: 'subscriptions_tier_fk',
      columns: [table.tenantId, table.tierId],
      foreignColumns: [tiers.tenantId, tiers.id],
    }),
    foreignKey({
      name: 'subscriptions_stripe_coupon_fk',
      columns: [table.tenantId, table.stripeCouponId],
      foreignColumns: [stripeCoupons.tenantId, stripeCoupons.id],
    }),
  ],
);

/** A person as the processor knows them, on the platform's account ('') or the brand's own. */
export const stripeCustomers = pgTable(
  'stripe_customers',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    userId: id()
      .notNull()
      .references(() => users.id),
    account: text().notNull(),
    customerId: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.userId, table.account] })],
);

/** The price of a tier at the processor: a new one for each amount that the tier ever had. */
export const stripePrices = pgTable(
  'stripe_prices',
  {
    tenantId: id().notNull(),
    priceId: text().notNull(),
    tierId: id().notNull(),
    account: text().notNull(),
    amount: bigint({ mode: 'number' }).notNull(),
    currency: text().notNull(),
    interval: choice(priceIntervals).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.priceId] }),
    unique('stripe_prices_terms_key').on(
      table.tenantId,
      table.tierId,
      table.account,
      table.amount,
      table.currency,
      table.interval,
    ),
    oneOf('stripe_prices_interval_check', table.interval, priceIntervals),
    foreignKey({
      name: 'stripe_prices_tier_fk',
      columns: [table.tenantId, table.tierId],
      foreignColumns: [tiers.tenantId, tiers.id],
    }),
  ],
);
