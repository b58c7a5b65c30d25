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
import { questKinds, type Streak } from '#schemas/quests.ts';
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
    points: bigint({ mode: 'number' }).notNull(),
    streak: jsonb().$type<Streak>(),
    startsAt: instant(),
    endsAt: instant(),
    maxClaims: bigint({ mode: 'number' }),
    /** Counted only while there is a limit. */
    claims: bigint({ mode: 'number' }).notNull().default(0),
    tierIds: jsonb().$type<string[]>().notNull(),
    active: boolean().notNull(),
    deletedAt: instant(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('quests_list_idx').on(table.tenantId, table.createdAt, table.id).where(sql`${table.deletedAt} is null`),
    oneOf('quests_kind_check', table.kind, questKinds),
    check('quests_window_check', sql`${table.endsAt} > ${table.startsAt}`),
    check('quests_claims_check', sql`${table.maxClaims} is null or ${table.claims} <= ${table.maxClaims}`),
  ],
);

/** One row a member and local day, with the zone that the day was counted in. */
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
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('quest_claims_day_key').on(table.tenantId, table.questId, table.membershipId, table.day),
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

/** How a member's days in a row stand after the last claim. */
export const questStreaks = pgTable(
  'quest_streaks',
  {
    tenantId: id().notNull(),
    questId: id().notNull(),
    membershipId: id().notNull(),
    streak: integer().notNull(),
    best: integer().notNull(),
    freezes: integer().notNull(),
    lastDay: date({ mode: 'string' }).notNull(),
    lastAt: instant().notNull(),
    lastTimezone: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.questId, table.membershipId] }),
    check(
      'quest_streaks_check',
      sql`${table.streak} >= 1 and ${table.best} >= ${table.streak} and ${table.freezes} >= 0`,
    ),
    foreignKey({
      name: 'quest_streaks_quest_fk',
      columns: [table.tenantId, table.questId],
      foreignColumns: [quests.tenantId, quests.id],
    }),
    foreignKey({
      name: 'quest_streaks_membership_fk',
      columns: [table.tenantId, table.membershipId],
      foreignColumns: [memberships.tenantId, memberships.id],
    }),
  ],
);
