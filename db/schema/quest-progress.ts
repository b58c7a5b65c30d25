import { sql } from 'drizzle-orm';
import {
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
import { countStatuses, type StreakSnapshot, submissionStatuses } from '#schemas/quest-progress.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { memberships } from './memberships.ts';
import { quests } from './quests.ts';

/** How a member stands with a quest after the last claim: of all claims that stand, how many, and the days in a row. */
export const questMembers = pgTable(
  'quest_members',
  {
    tenantId: id().notNull(),
    questId: id().notNull(),
    membershipId: id().notNull(),
    claims: integer().notNull(),
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
      'quest_members_check',
      sql`${table.claims} >= 0 and ${table.streak} >= 0 and ${table.best} >= ${table.streak} and ${table.freezes} >= 0`,
    ),
    foreignKey({
      name: 'quest_members_quest_fk',
      columns: [table.tenantId, table.questId],
      foreignColumns: [quests.tenantId, quests.id],
    }),
    foreignKey({
      name: 'quest_members_membership_fk',
      columns: [table.tenantId, table.membershipId],
      foreignColumns: [memberships.tenantId, memberships.id],
    }),
  ],
);

/** A streak that was set by hand: how it stood before and after. */
export const streakRepairs = pgTable(
  'streak_repairs',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    questId: id().notNull(),
    membershipId: id().notNull(),
    before: jsonb().$type<StreakSnapshot>().notNull(),
    after: jsonb().$type<StreakSnapshot>().notNull(),
    reason: text().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('streak_repairs_list_idx').on(table.tenantId, table.questId, table.membershipId, table.createdAt),
    foreignKey({
      name: 'streak_repairs_member_fk',
      columns: [table.tenantId, table.questId, table.membershipId],
      foreignColumns: [questMembers.tenantId, questMembers.questId, questMembers.membershipId],
    }),
  ],
);

/** How far a member is with a quest that has a target, in the period that begins on a day: 1970-01-01 without periods. */
export const questProgress = pgTable(
  'quest_progress',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    questId: id().notNull(),
    membershipId: id().notNull(),
    userId: id().notNull(),
    startsOn: date({ mode: 'string' }).notNull(),
    timezone: text().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
    completedAt: instant(),
    claimedAt: instant(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('quest_progress_period_key').on(table.tenantId, table.questId, table.membershipId, table.startsOn),
    check(
      'quest_progress_check',
      sql`${table.count} >= 0 and (${table.claimedAt} is null or ${table.completedAt} is not null)`,
    ),
    foreignKey({
      name: 'quest_progress_quest_fk',
      columns: [table.tenantId, table.questId],
      foreignColumns: [quests.tenantId, quests.id],
    }),
    foreignKey({
      name: 'quest_progress_membership_fk',
      columns: [table.tenantId, table.membershipId],
      foreignColumns: [memberships.tenantId, memberships.id],
    }),
  ],
);

/** Each event that a quest waits for, once: first as it is found in the outbox, then as it was counted or why not. */
export const questCounts = pgTable(
  'quest_counts',
  {
    tenantId: id().notNull(),
    questId: id().notNull(),
    eventId: id().notNull(),
    status: choice(countStatuses).notNull(),
    /** Why it was not counted. */
    reason: text(),
    progressId: id(),
    attempts: integer().notNull().default(0),
    nextAttemptAt: instant(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.questId, table.eventId] }),
    index('quest_counts_due_idx').on(table.nextAttemptAt).where(sql`${table.status} = 'pending'`),
    index('quest_counts_age_idx').using('brin', table.createdAt),
    oneOf('quest_counts_status_check', table.status, countStatuses),
    foreignKey({
      name: 'quest_counts_quest_fk',
      columns: [table.tenantId, table.questId],
      foreignColumns: [quests.tenantId, quests.id],
    }),
  ],
);

/** Up to which position of the outbox events were looked at: one row. */
export const questCursor = pgTable(
  'quest_cursor',
  { id: integer().primaryKey(), position: bigint({ mode: 'number' }).notNull() },
  (table) => [check('quest_cursor_check', sql`${table.id} = 1`)],
);

/** What a member sent as a proof. One at a time waits or is approved in a period. */
export const questSubmissions = pgTable(
  'quest_submissions',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    questId: id().notNull(),
    membershipId: id().notNull(),
    userId: id().notNull(),
    startsOn: date({ mode: 'string' }).notNull(),
    timezone: text().notNull(),
    status: choice(submissionStatuses).notNull(),
    text: text(),
    fileKeys: jsonb().$type<string[]>().notNull(),
    rejectionReason: text(),
    decidedBy: id(),
    decidedAt: instant(),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('quest_submissions_open_key')
      .on(table.tenantId, table.questId, table.membershipId, table.startsOn)
      .where(sql`${table.status} = 'submitted'`),
    index('quest_submissions_list_idx').on(table.tenantId, table.questId, table.createdAt, table.id),
    index('quest_submissions_of_member_idx').on(table.tenantId, table.questId, table.membershipId, table.createdAt),
    oneOf('quest_submissions_status_check', table.status, submissionStatuses),
    foreignKey({
      name: 'quest_submissions_quest_fk',
      columns: [table.tenantId, table.questId],
      foreignColumns: [quests.tenantId, quests.id],
    }),
    foreignKey({
      name: 'quest_submissions_membership_fk',
      columns: [table.tenantId, table.membershipId],
      foreignColumns: [memberships.tenantId, memberships.id],
    }),
  ],
);
