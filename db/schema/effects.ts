import { sql } from 'drizzle-orm';
import { bigint, index, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { effectCauses, effectKinds } from '#schemas/refunds.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { tenants } from './tenants.ts';

/**
 * The effect ledger: what a payment, the claim of a coupon or of a quest, or a referral gave, written in the transaction of its cause.
 * Whatever undoes the cause takes all of it back in one transaction, once, because `takenBackAt` is set once.
 */
export const effects = pgTable(
  'effects',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    causeType: choice(effectCauses).notNull(),
    causeId: id().notNull(),
    kind: choice(effectKinds).notNull(),
    /** The product, the tier, the subscription, the claim of a coupon, the progress of a quest, or the membership that has the points. */
    targetId: id().notNull(),
    userId: id().notNull(),
    quantity: bigint({ mode: 'number' }).notNull(),
    givenAt: instant().notNull(),
    takenBackAt: instant(),
    /** What took it back: refund, dispute, expiry … */
    takenBackBy: text(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    // An effect of a cause is given once; also how the effects of a cause are found.
    unique('effects_cause_key').on(table.tenantId, table.causeType, table.causeId, table.kind, table.targetId),
    index('effects_target_idx').on(table.tenantId, table.targetId).where(sql`${table.takenBackAt} is null`),
    index('effects_membership_idx')
      .on(table.tenantId, table.userId, table.id)
      .where(sql`${table.kind} = 'membership' and ${table.takenBackAt} is null`),
    oneOf('effects_cause_type_check', table.causeType, effectCauses),
    oneOf('effects_kind_check', table.kind, effectKinds),
  ],
);
