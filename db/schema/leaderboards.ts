import { sql } from 'drizzle-orm';
import { bigint, boolean, date, index, pgTable, primaryKey, smallint } from 'drizzle-orm/pg-core';
import { leaderboardPeriods } from '#schemas/leaderboards.ts';
import { choice, id, oneOf } from './columns.ts';

const points = () => bigint({ mode: 'number' });

/**
 * What a member has earned in a period, written with each movement of points. `counted` is what the buckets know of it. The
 * rows of a movement are its member's own, so that they need no look at the membership, which the movement holds.
 */
export const leaderboardScores = pgTable(
  'leaderboard_scores',
  {
    tenantId: id().notNull(),
    period: choice(leaderboardPeriods).notNull(),
    /** The first day of the period, in the zone of the brand; of `all` always 1970-01-01. */
    startsOn: date({ mode: 'string' }).notNull(),
    membershipId: id().notNull(),
    points: points().notNull(),
    counted: points().notNull().default(0),
    /** A column, so that the planner knows how few they are: of a comparison of two columns it thinks that nearly all hold. */
    uncounted: boolean().notNull().generatedAlwaysAs(sql`counted <> points`),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.period, table.startsOn, table.membershipId] }),
    index('leaderboard_scores_top_idx').on(
      table.tenantId,
      table.period,
      table.startsOn,
      table.points.desc().nullsFirst(),
      table.membershipId,
    ),
    index('leaderboard_scores_uncounted_idx')
      .on(table.tenantId, table.period, table.startsOn)
      .where(sql`${table.uncounted}`),
    oneOf('leaderboard_scores_period_check', table.period, leaderboardPeriods),
  ],
);

/**
 * How many members have how many points, at several resolutions: bucket `b` of level `l` has those with b × 1024^l points
 * and more, fewer than (b + 1) × 1024^l. A rank is a sum over the siblings of a few of them.
 */
export const leaderboardBuckets = pgTable(
  'leaderboard_buckets',
  {
    tenantId: id().notNull(),
    period: choice(leaderboardPeriods).notNull(),
    startsOn: date({ mode: 'string' }).notNull(),
    level: smallint().notNull(),
    bucket: bigint({ mode: 'number' }).notNull(),
    members: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.period, table.startsOn, table.level, table.bucket] }),
    // Which periods are old is asked here, where rows are few and seldom move.
    index('leaderboard_buckets_old_idx').on(table.startsOn).where(sql`${table.period} <> 'all'`),
    oneOf('leaderboard_buckets_period_check', table.period, leaderboardPeriods),
  ],
);
