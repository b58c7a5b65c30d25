import { sql } from 'drizzle-orm';
import { boolean, foreignKey, index, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { StripeCouponTerms } from '#schemas/subscriptions.ts';
import { id, instant } from './columns.ts';
import { coupons } from './coupons.ts';

/**
 * A coupon of ours as the processor has it, with a promotion code: a new one for each terms that it ever had. `basis` is
 * what of our coupon it was made from, so that what is made from older terms is found.
 */
export const stripeCoupons = pgTable(
  'stripe_coupons',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    couponId: id().notNull(),
    account: text().notNull(),
    basis: text().notNull(),
    terms: jsonb().$type<StripeCouponTerms>().notNull(),
    termsKey: text().notNull(),
    cardCouponId: text(),
    promotionId: text(),
    active: boolean().notNull(),
    checkAt: instant(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('stripe_coupons_terms_key').on(
      table.tenantId,
      table.couponId,
      table.account,
      table.basis,
      table.termsKey,
    ),
    index('stripe_coupons_check_idx').on(table.checkAt).where(sql`${table.checkAt} is not null`),
    foreignKey({
      name: 'stripe_coupons_coupon_fk',
      columns: [table.tenantId, table.couponId],
      foreignColumns: [coupons.tenantId, coupons.id],
    }),
  ],
);
