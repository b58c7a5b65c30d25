import { sql } from 'drizzle-orm';
import {
  bigint,
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
import type { CryptoSummary } from '#schemas/crypto-payments.ts';
import {
  type PaymentCoupon,
  type PaymentItem,
  paymentKinds,
  paymentMethods,
  paymentProviders,
  paymentStatuses,
} from '#schemas/payments.ts';
import { refundStatuses } from '#schemas/refunds.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { stores, tenants } from './tenants.ts';
import { users } from './users.ts';

const money = () => bigint({ mode: 'number' });

/**
 * What somebody pays a brand. `refundReserved` is what refunds have taken or are about to take: what is left can never be
 * given back twice. While `closedAt` is null the payment may still be paid, and `checkAt` is when a job looks at it next.
 * `version` counts what the processor told, so that an older answer never overwrites a newer one.
 */
export const payments = pgTable(
  'payments',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    trackingId: text().notNull(),
    userId: id()
      .notNull()
      .references(() => users.id),
    storeId: id(),
    kind: choice(paymentKinds).notNull(),
    status: choice(paymentStatuses).notNull(),
    method: choice(paymentMethods).notNull(),
    provider: choice(paymentProviders).notNull(),
    subtotal: money().notNull(),
    discount: money().notNull(),
    amount: money().notNull(),
    refundReserved: money().notNull().default(0),
    refundedAmount: money().notNull().default(0),
    /** When one of nothing was given back: it has no sum that would tell. */
    givenBackAt: instant(),
    currency: text().notNull(),
    items: jsonb().$type<PaymentItem[]>().notNull(),
    coupons: jsonb('coupon').$type<PaymentCoupon[]>(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull(),
    /** How its crypto side stands, as it is shown. */
    crypto: jsonb().$type<CryptoSummary>(),
    onceKey: text(),
    account: text(),
    intentId: text(),
    invoiceId: text(),
    subscriptionId: id(),
    failureCode: text(),
    failureMessage: text(),
    version: integer().notNull().default(0),
    checkAt: instant(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
    expiresAt: instant(),
    succeededAt: instant(),
    closedAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('payments_tracking_key').on(table.tenantId, table.trackingId),
    uniqueIndex('payments_once_key').on(table.tenantId, table.onceKey).where(sql`${table.onceKey} is not null`),
    uniqueIndex('payments_invoice_key').on(table.tenantId, table.invoiceId).where(sql`${table.invoiceId} is not null`),
    // Of any brand: a payment is named by its id alone, and by its intent in what the processor tells.
    index('payments_id_idx').on(table.id),
    index('payments_intent_idx').on(table.intentId),
    index('payments_of_user_idx').on(table.userId, table.createdAt, table.id),
    index('payments_list_idx').on(table.tenantId, table.createdAt, table.id),
    index('payments_subscription_idx')
      .on(table.tenantId, table.subscriptionId)
      .where(sql`${table.subscriptionId} is not null`),
    index('payments_check_idx').on(table.checkAt).where(sql`${table.checkAt} is not null`),
    oneOf('payments_kind_check', table.kind, paymentKinds),
    oneOf('payments_status_check', table.status, paymentStatuses),
    oneOf('payments_method_check', table.method, paymentMethods),
    oneOf('payments_provider_check', table.provider, paymentProviders),
    check(
      'payments_amount_check',
      sql`${table.amount} >= 0 and ${table.amount} = ${table.subtotal} - ${table.discount}`,
    ),
    check(
      'payments_refund_check',
      sql`0 <= ${table.refundedAmount} and ${table.refundedAmount} <= ${table.refundReserved} and ${table.refundReserved} <= ${table.amount}`,
    ),
    foreignKey({
      name: 'payments_store_fk',
      columns: [table.tenantId, table.storeId],
      foreignColumns: [stores.tenantId, stores.id],
    }),
  ],
);

/** What is given back of a payment, or was asked for. One that was made at the processor itself has no asker. */
export const refunds = pgTable(
  'refunds',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    paymentId: id().notNull(),
    amount: money().notNull(),
    currency: text().notNull(),
    status: choice(refundStatuses).notNull(),
    reason: text(),
    askedBy: id(),
    onceKey: text(),
    cardRefundId: text(),
    failureReason: text(),
    checkAt: instant(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('refunds_once_key').on(table.tenantId, table.onceKey).where(sql`${table.onceKey} is not null`),
    unique('refunds_card_refund_key').on(table.tenantId, table.cardRefundId),
    // A buyer asks once until it is decided.
    uniqueIndex('refunds_requested_key').on(table.tenantId, table.paymentId).where(sql`${table.status} = 'requested'`),
    index('refunds_id_idx').on(table.id),
    index('refunds_of_payment_idx').on(table.tenantId, table.paymentId),
    index('refunds_list_idx').on(table.tenantId, table.createdAt, table.id),
    index('refunds_check_idx').on(table.checkAt).where(sql`${table.checkAt} is not null`),
    oneOf('refunds_status_check', table.status, refundStatuses),
    check('refunds_amount_check', sql`${table.amount} >= 0`),
    foreignKey({
      name: 'refunds_payment_fk',
      columns: [table.tenantId, table.paymentId],
      foreignColumns: [payments.tenantId, payments.id],
    }),
  ],
);

/** A charge that its holder contests with their bank. */
export const disputes = pgTable(
  'disputes',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    paymentId: id().notNull(),
    cardDisputeId: text().notNull(),
    amount: money().notNull(),
    currency: text().notNull(),
    reason: text().notNull(),
    status: text().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    unique('disputes_card_dispute_key').on(table.tenantId, table.cardDisputeId),
    index('disputes_list_idx').on(table.tenantId, table.createdAt, table.id),
    foreignKey({
      name: 'disputes_payment_fk',
      columns: [table.tenantId, table.paymentId],
      foreignColumns: [payments.tenantId, payments.id],
    }),
  ],
);
