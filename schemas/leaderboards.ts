import { z } from 'zod';
import { Id, PageQuery, Timezone } from './common.ts';

/** Periods begin in the brand's time zone; a week on Monday; `all` has no beginning and no end. */
export const leaderboardPeriods = ['day', 'week', 'month', 'all'] as const;
export type LeaderboardPeriod = (typeof leaderboardPeriods)[number];

export const LeaderboardQuery = z.object({
  period: z.enum(leaderboardPeriods).default('all').meta({
    description: 'The day, week (from Monday) or month of now in the time zone of the brand',
    example: 'week',
  }),
  limit: PageQuery.shape.limit,
});
export type LeaderboardQuery = z.output<typeof LeaderboardQuery>;

export const LeaderboardEntry = z
  .object({
    rank: z.int().meta({ description: 'Members with equal points share one' }),
    userId: Id.optional().meta({ description: 'Shown to the team of the brand and to its API keys' }),
    name: z.string().nullable().meta({ description: 'Null when they have none or hide it' }),
    points: z.int(),
    isMe: z.boolean(),
  })
  .meta({ id: 'LeaderboardEntry', example: { rank: 1, name: 'Ada', points: 320, isMe: false } });
export type LeaderboardEntry = z.output<typeof LeaderboardEntry>;

export const Leaderboard = z
  .object({
    period: z.enum(leaderboardPeriods),
    startsOn: z.iso.date().nullable().meta({ description: 'Its first day; null for `all`' }),
    endsOn: z.iso.date().nullable().meta({ description: 'Its last day; null for `all`' }),
    timezone: Timezone.meta({ description: 'The one that the days are counted in' }),
    entries: z.array(LeaderboardEntry),
    me: z
      .object({ rank: z.int(), points: z.int() })
      .nullable()
      .meta({ description: "The caller's own place, also below the entries; null without points in the period" }),
  })
  .meta({
    id: 'Leaderboard',
    description:
      'What counts are points that were earned, in the period in which they were earned, less what was taken back of them; not what was adjusted, spent or has expired',
    example: {
      period: 'week',
      startsOn: '2026-11-23',
      endsOn: '2026-11-29',
      timezone: 'Europe/Berlin',
      entries: [
        { rank: 1, name: 'Ada', points: 320, isMe: false },
        { rank: 2, name: null, points: 310, isMe: true },
      ],
      me: { rank: 2, points: 310 },
    },
  });
export type Leaderboard = z.output<typeof Leaderboard>;
