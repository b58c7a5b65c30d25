import { sql } from 'drizzle-orm';
import {
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
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { GivenReward } from '#schemas/quest-progress.ts';
import { proofKinds, questEvents, questKinds, questPeriods, type Reward, type Streak } from '#schemas/quests.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { memberships } from './memberships.ts';
import { tenants } from './tenants.ts';

export const quests = pgTable(
  'quests',
  {
    tenantId: id()
      .notNull()
      .references(() => tenants.id),
    id: id().notNull(),
    title: text().notNull(),
    description: text(),
    kind: choice(questKinds).notNull(),
    event: choice(questEvents),
    target: bigint({ mode: 'number' }).notNull(),
    period: choice(questPeriods),
    proof: choice(proofKinds),
    selfComplete: boolean().notNull(),
    autoClaim: boolean().notNull(),
    points: bigint({ mode: 'number' }).notNull(),
    rewards: jsonb().$type<Reward[]>().notNull(),
    streak: jsonb().$type<Streak>(),
    startsAt: instant(),
    endsAt: instant(),
    maxClaims: bigint({ mode: 'number' }),
    /** Counted only while there is a limit. */
    claims: bigint({ mode: 'number' }).notNull().default(0),
    maxPerMember: integer(),
    tierIds: jsonb().$type<string[]>().notNull(),
    requires: jsonb().$type<string[]>().notNull(),
    active: boolean().notNull(),
    deletedAt: instant(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('quests_list_idx').on(table.tenantId, table.createdAt, table.id).where(sql`${table.deletedAt} is null`),
    // Which quests an event may count for.
    index('quests_event_idx')
      .on(table.tenantId, table.event)
      .where(sql`${table.event} is not null and ${table.active} and ${table.deletedAt} is null`),
    oneOf('quests_kind_check', table.kind, questKinds),
    oneOf('quests_event_check', table.event, questEvents),
    oneOf('quests_period_check', table.period, questPeriods),
    oneOf('quests_proof_check', table.proof, proofKinds),
    check('quests_event_kind_check', sql`(${table.kind} = 'event') = (${table.event} is not null)`),
    check('quests_window_check', sql`${table.endsAt} > ${table.startsAt}`),
    check('quests_claims_check', sql`${table.maxClaims} is null or ${table.claims} <= ${table.maxClaims}`),
  ],
);

/**
 * What a member was given, once a day or period: `day` is the local day, or the first one of the period, in the zone that it
 * was counted in. One that is taken back leaves the day free.
 */
export const questClaims = pgTable(
  'quest_claims',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    questId: id().notNull(),
    membershipId: id().notNull(),
    userId: id().notNull(),
    day: date({ mode: 'string' }).notNull(),
    timezone: text().notNull(),
    points: bigint({ mode: 'number' }).notNull(),
    bonusPoints: bigint({ mode: 'number' }).notNull(),
    streak: integer().notNull(),
    bestStreak: integer().notNull(),
    freezesUsed: integer().notNull(),
    rewards: jsonb().$type<GivenReward[]>().notNull(),
    createdAt: instant().notNull(),
    takenBackAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('quest_claims_day_key')
      .on(table.tenantId, table.questId, table.membershipId, table.day)
      .where(sql`${table.takenBackAt} is null`),
    foreignKey({
      name: 'quest_claims_quest_fk',
      columns: [table.tenantId, table.questId],
      foreignColumns: [quests.tenantId, quests.id],
    }),
    foreignKey({
      name: 'quest_claims_membership_fk',
      columns: [table.tenantId, table.membershipId],
      foreignColumns: [memberships.tenantId, memberships.id],
    }),
  ],
);
