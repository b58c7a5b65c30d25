import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  date,
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
import { attributionModels, convertingEvents, devices, fraudModes, type ReferralGift } from '#schemas/referrals.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { person, tenantId } from './references.ts';

const gifts = () => jsonb().$type<ReferralGift[]>().notNull();

/** How a brand rewards referrals: one row a brand. Its changes are in the audit trail. */
export const referralProgrammes = pgTable(
  'referral_programmes',
  {
    tenantId: tenantId().primaryKey(),
    active: boolean().notNull(),
    landingUrl: text(),
    offer: text(),
    attribution: choice(attributionModels).notNull(),
    windowDays: integer().notNull(),
    holdDays: integer().notNull(),
    convertsOn: choice(convertingEvents).notNull(),
    minimum: jsonb().$type<{ amount: number; currency: string }>(),
    referrerRewards: gifts(),
    referredRewards: gifts(),
    milestones: jsonb().$type<{ conversions: number; rewards: ReferralGift[] }[]>().notNull(),
    maxPerReferrer: integer(),
    maxPerReferrerMonth: integer(),
    fraudMode: choice(fraudModes).notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    oneOf('referral_programmes_attribution_check', table.attribution, attributionModels),
    oneOf('referral_programmes_converts_on_check', table.convertsOn, convertingEvents),
    oneOf('referral_programmes_fraud_mode_check', table.fraudMode, fraudModes),
    check(
      'referral_programmes_days_check',
      sql`${table.windowDays} between 1 and 365 and ${table.holdDays} between 0 and 90`,
    ),
  ],
);

/** A campaign has links of its own, and a landing page. */
export const referralCampaigns = pgTable(
  'referral_campaigns',
  {
    tenantId: tenantId(),
    id: id().notNull(),
    name: text().notNull(),
    landingUrl: text(),
    startsAt: instant(),
    endsAt: instant(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('referral_campaigns_list_idx').on(table.tenantId, table.createdAt, table.id),
    check('referral_campaigns_span_check', sql`${table.endsAt} > ${table.startsAt}`),
  ],
);

/** The link of a member, one for each campaign and one without: its code never changes. */
export const referralLinks = pgTable(
  'referral_links',
  {
    tenantId: tenantId(),
    id: id().notNull(),
    userId: person(),
    campaignId: id(),
    clicks: bigint({ mode: 'number' }).notNull().default(0),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    unique('referral_links_member_key').on(table.tenantId, table.userId, table.campaignId).nullsNotDistinct(),
    // A member names their link by its id alone.
    index('referral_links_of_user_idx').on(table.userId, table.id),
    check('referral_links_clicks_check', sql`${table.clicks} >= 0`),
    foreignKey({
      name: 'referral_links_campaign_fk',
      columns: [table.tenantId, table.campaignId],
      foreignColumns: [referralCampaigns.tenantId, referralCampaigns.id],
    }),
  ],
);

const ofLink = (name: string, table: Record<'tenantId' | 'linkId', AnyPgColumn>) =>
  foreignKey({
    name,
    columns: [table.tenantId, table.linkId],
    foreignColumns: [referralLinks.tenantId, referralLinks.id],
  });

/**
 * What leads to a link: one made, one that the member chose, and those chosen before, which are printed and shared: they
 * lead on, and nobody else gets them. A code is one in the whole service, in capitals.
 */
export const referralCodes = pgTable(
  'referral_codes',
  {
    tenantId: tenantId(),
    code: text().notNull(),
    linkId: id().notNull(),
    isVanity: boolean().notNull(),
    createdAt: instant().notNull(),
    /** When the member chose another. */
    releasedAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.code] }),
    uniqueIndex('referral_codes_code_key').on(table.code),
    uniqueIndex('referral_codes_current_key')
      .on(table.tenantId, table.linkId, table.isVanity)
      .where(sql`${table.releasedAt} is null`),
    index('referral_codes_of_link_idx').on(table.tenantId, table.linkId),
    check('referral_codes_released_check', sql`${table.isVanity} or ${table.releasedAt} is null`),
    ofLink('referral_codes_link_fk', table),
  ],
);

/** The secret of a day, by which a visitor is known for that day alone: it is deleted after. */
export const referralSalts = pgTable('referral_salts', {
  day: date({ mode: 'string' }).primaryKey(),
  salt: text().notNull(),
});

/** Who clicked, without a word of who it was: a visitor counts once an hour for a link. */
export const referralClicks = pgTable(
  'referral_clicks',
  {
    tenantId: tenantId(),
    id: id().notNull(),
    linkId: id().notNull(),
    /** Of address and browser, with the salt of the day. */
    visitorHash: text().notNull(),
    /** Of the id that the client has for its visitor, if it gave one. */
    visitorKey: text(),
    /** The hour that it counts for. */
    hourAt: instant().notNull(),
    /** Whether it is the first of this visitor with the brand on the day. */
    isUnique: boolean().notNull(),
    /** utm_source of the landing page, else the host that referred, else `direct`. */
    source: text().notNull(),
    device: choice(devices).notNull(),
    country: text(),
    /** The brand's own name of it. */
    externalId: text(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('referral_clicks_external_key')
      .on(table.tenantId, table.externalId)
      .where(sql`${table.externalId} is not null`),
    uniqueIndex('referral_clicks_visitor_key').on(table.tenantId, table.visitorHash, table.hourAt, table.linkId),
    index('referral_clicks_key_idx')
      .on(table.tenantId, table.visitorKey, table.createdAt)
      .where(sql`${table.visitorKey} is not null`),
    index('referral_clicks_link_idx').on(table.tenantId, table.linkId, table.createdAt),
    index('referral_clicks_age_idx').on(table.tenantId, table.createdAt),
    oneOf('referral_clicks_device_check', table.device, devices),
    ofLink('referral_clicks_link_fk', table),
  ],
);
