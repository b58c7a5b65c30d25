import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import {
  attributionModels,
  conversionStatuses,
  convertingEvents,
  type ReferralGift,
  type RuleFinding,
  referralRewardStatuses,
  referralSides,
  referralStatuses,
  type Touch,
} from '#schemas/referrals.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { payments } from './payments.ts';
import { person, tenantId } from './references.ts';
import { referralLinks } from './referrals.ts';

const findings = () => jsonb().$type<RuleFinding[]>().notNull();

/** Who brought whom: decided once, at the sign-up, and kept with what it was decided upon. */
export const referrals = pgTable(
  'referrals',
  {
    tenantId: tenantId(),
    id: id().notNull(),
    linkId: id().notNull(),
    referrerId: person(),
    referredId: person(),
    status: choice(referralStatuses).notNull(),
    model: choice(attributionModels).notNull(),
    windowDays: integer().notNull(),
    touches: jsonb().$type<Touch[]>().notNull(),
    findings: findings(),
    externalId: text(),
    /** As the click that won says. */
    source: text().notNull(),
    /** When it was decided by the team. */
    decidedAt: instant(),
    decidedBy: id(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    // A person was brought once; what was refused does not stand in the way.
    uniqueIndex('referrals_referred_key').on(table.tenantId, table.referredId).where(sql`${table.status} <> 'refused'`),
    // Trying a link that is refused again and again is one refusal.
    uniqueIndex('referrals_refused_key')
      .on(table.tenantId, table.referredId, table.linkId)
      .where(sql`${table.status} = 'refused'`),
    uniqueIndex('referrals_external_key')
      .on(table.tenantId, table.externalId)
      .where(sql`${table.externalId} is not null`),
    index('referrals_referrer_idx').on(table.tenantId, table.referrerId, table.createdAt),
    index('referrals_link_idx').on(table.tenantId, table.linkId, table.status),
    index('referrals_age_idx').on(table.tenantId, table.createdAt),
    oneOf('referrals_status_check', table.status, referralStatuses),
    oneOf('referrals_model_check', table.model, attributionModels),
    foreignKey({
      name: 'referrals_link_fk',
      columns: [table.tenantId, table.linkId],
      foreignColumns: [referralLinks.tenantId, referralLinks.id],
    }),
  ],
);

const ofReferral = (name: string, table: Record<'tenantId' | 'referralId', AnyPgColumn>) =>
  foreignKey({
    name,
    columns: [table.tenantId, table.referralId],
    foreignColumns: [referrals.tenantId, referrals.id],
  });

/** What somebody who was brought did: a purchase, or the sign-up where that converts. One for each purchase. */
export const referralConversions = pgTable(
  'referral_conversions',
  {
    tenantId: tenantId(),
    id: id().notNull(),
    referralId: id().notNull(),
    linkId: id().notNull(),
    referrerId: id().notNull(),
    referredId: id().notNull(),
    event: choice(convertingEvents).notNull(),
    status: choice(conversionStatuses).notNull(),
    findings: findings(),
    /** The brand's own name of a purchase elsewhere. */
    externalId: text(),
    paymentId: id(),
    amount: bigint({ mode: 'number' }),
    currency: text(),
    source: text().notNull(),
    decidedAt: instant(),
    decidedBy: id(),
    reversedAt: instant(),
    reversedBy: text(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('referral_conversions_external_key')
      .on(table.tenantId, table.externalId)
      .where(sql`${table.externalId} is not null`),
    uniqueIndex('referral_conversions_payment_key')
      .on(table.tenantId, table.paymentId)
      .where(sql`${table.paymentId} is not null`),
    uniqueIndex('referral_conversions_signup_key')
      .on(table.tenantId, table.referralId)
      .where(sql`${table.event} = 'signup'`),
    index('referral_conversions_list_idx').on(table.tenantId, table.createdAt, table.id),
    index('referral_conversions_referral_idx').on(table.tenantId, table.referralId, table.createdAt),
    index('referral_conversions_referrer_idx').on(table.tenantId, table.referrerId, table.createdAt),
    index('referral_conversions_link_idx').on(table.tenantId, table.linkId, table.status),
    oneOf('referral_conversions_event_check', table.event, convertingEvents),
    oneOf('referral_conversions_status_check', table.status, conversionStatuses),
    check('referral_conversions_money_check', sql`num_nulls(${table.amount}, ${table.currency}) in (0, 2)`),
    check(
      'referral_conversions_reversed_check',
      sql`(${table.status} = 'reversed') = (${table.reversedAt} is not null)`,
    ),
    ofReferral('referral_conversions_referral_fk', table),
    foreignKey({
      name: 'referral_conversions_payment_fk',
      columns: [table.tenantId, table.paymentId],
      foreignColumns: [payments.tenantId, payments.id],
    }),
  ],
);

/** What a conversion gives to one side, or a milestone to the referrer. Granted, it is the cause of effects. */
export const referralRewards = pgTable(
  'referral_rewards',
  {
    tenantId: tenantId(),
    id: id().notNull(),
    referralId: id().notNull(),
    conversionId: id().notNull(),
    userId: person(),
    side: choice(referralSides).notNull(),
    /** The number of conversions that it rewards; 0 for the conversion itself. */
    milestone: integer().notNull().default(0),
    status: choice(referralRewardStatuses).notNull(),
    gifts: jsonb().$type<ReferralGift[]>().notNull(),
    /** Of these gifts. */
    points: bigint({ mode: 'number' }).notNull(),
    /** When its hold ends. */
    dueAt: instant().notNull(),
    attempts: integer().notNull().default(0),
    /** Why it could not be given yet. */
    waitsFor: text(),
    grantedAt: instant(),
    reversedAt: instant(),
    reversedBy: text(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    // One reward a referral for each side, and each milestone once: those that stand.
    uniqueIndex('referral_rewards_once_key')
      .on(table.tenantId, table.referralId, table.side)
      .where(sql`${table.milestone} = 0 and ${table.status} in ('held', 'pending', 'granted')`),
    uniqueIndex('referral_rewards_milestone_key')
      .on(table.tenantId, table.userId, table.milestone)
      .where(sql`${table.milestone} > 0 and ${table.status} in ('held', 'pending', 'granted')`),
    index('referral_rewards_due_idx').on(table.dueAt).where(sql`${table.status} = 'pending'`),
    index('referral_rewards_conversion_idx').on(table.tenantId, table.conversionId),
    index('referral_rewards_of_user_idx').on(table.userId, table.createdAt, table.id),
    index('referral_rewards_member_idx').on(table.tenantId, table.userId, table.status),
    oneOf('referral_rewards_side_check', table.side, referralSides),
    oneOf('referral_rewards_status_check', table.status, referralRewardStatuses),
    check(
      'referral_rewards_state_check',
      sql`(${table.status} <> 'granted' or ${table.grantedAt} is not null)
        and (${table.status} = 'reversed') = (${table.reversedAt} is not null)`,
    ),
    ofReferral('referral_rewards_referral_fk', table),
    foreignKey({
      name: 'referral_rewards_conversion_fk',
      columns: [table.tenantId, table.conversionId],
      foreignColumns: [referralConversions.tenantId, referralConversions.id],
    }),
  ],
);

/** One row a referrer, held while limits and milestones are counted, so that two conversions wait for each other. */
export const referralReferrers = pgTable(
  'referral_referrers',
  { tenantId: tenantId(), userId: person(), createdAt: instant().notNull() },
  (table) => [primaryKey({ columns: [table.tenantId, table.userId] })],
);
