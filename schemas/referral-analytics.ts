import { z } from 'zod';
import { Currency, Id, InstantInput, Timestamp } from './common.ts';
import { analyticsIntervals } from './coupon-reports.ts';
import { devices } from './referrals.ts';

/** By what referrals are counted: all together, and by each of these. */
export const referralDimensions = ['total', 'referrer', 'source', 'device', 'country'] as const;
export type ReferralDimension = (typeof referralDimensions)[number];

const DayInput = z.iso.date({ abort: true }).refine((day) => day >= '1971' && day < '9000', { abort: true });
const moment = z.union([DayInput, InstantInput], {
  error: 'must be a day (2026-11-23) or an RFC 3339 instant, from 1971 to 8999',
});

export const ReferralAnalyticsQuery = z.object({
  from: moment.optional().meta({
    description: "A day of the brand's calendar, or an instant, whose day it is; 30 days with `to` when absent",
    example: '2026-11-01',
  }),
  to: moment.optional().meta({
    description:
      'The last day, or an instant, up to the end of whose day; today when absent. Midnight ends the day before',
    example: '2026-11-30',
  }),
  interval: z.enum(analyticsIntervals).default('day'),
  limit: z
    .string()
    .refine((digits) => /^\d{1,3}$/.test(digits), 'must be a whole number')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 100, 'must be from 1 to 100')
    .default(10)
    .meta({
      description: 'How many referrers, sources and countries',
      ...{ type: 'integer', minimum: 1, maximum: 100, default: 10, example: 10 },
    }),
});
export type ReferralAnalyticsQuery = z.output<typeof ReferralAnalyticsQuery>;

const count = (description: string) => z.int().min(0).meta({ description });
const clicks = count('One a visitor, link and hour; without bots');
const uniqueVisitors = count('Each once a day: who comes back on another day is not known again');

const ReferralFigures = z.object({
  clicks,
  uniqueVisitors,
  signups: count('By the day of the sign-up; not those that are refused, rejected or still under review'),
  conversions: count('By the day of the conversion; not those refused, rejected, reversed or still under review'),
  revenue: z
    .array(z.object({ amount: z.int(), currency: Currency }))
    .meta({ description: "Of the conversions, by currency: the brand's own first and always, in minor units" }),
  rewardsPoints: count('Given to both sides, by the day of the grant, without what was taken back'),
  conversionRate: z.number().min(0).meta({ description: 'Conversions for each click; 0 without clicks' }),
});
export type ReferralFigures = z.output<typeof ReferralFigures>;

const Visits = z.object({ clicks, uniqueVisitors });

const exampleVisits = { clicks: 1_250, uniqueVisitors: 830 };
const exampleFigures = {
  ...exampleVisits,
  ...{ signups: 96, conversions: 41, rewardsPoints: 12_300, conversionRate: 0.0328 },
  revenue: [
    { amount: 204_180, currency: 'EUR' },
    { amount: 12_900, currency: 'USD' },
  ],
};

export const ReferralAnalytics = z
  .object({
    timezone: z.string(),
    from: Timestamp.meta({ description: 'When the first day began' }),
    to: Timestamp.meta({ description: 'When the last day is over' }),
    interval: z.enum(analyticsIntervals),
    totals: ReferralFigures,
    series: z.array(ReferralFigures.extend({ start: Timestamp })).meta({
      description:
        "One point for each day, week (from Monday) or month of the brand's time zone, without gaps; of the first and the last one only the days that were asked for",
    }),
    topReferrers: z
      .array(ReferralFigures.extend({ userId: Id, name: z.string().nullable() }))
      .meta({ description: 'By conversions, then by sign-ups and clicks' }),
    sources: z.array(ReferralFigures.extend({ source: z.string() })).meta({
      description: 'utm_source of the landing page, else the host that referred, else `direct`; in the same order',
    }),
    devices: z.array(Visits.extend({ device: z.enum(devices) })),
    countries: z.array(Visits.extend({ country: z.string() })).meta({
      description: 'ISO 3166-1 alpha-2, of the clicks whose country a proxy in front told',
    }),
  })
  .meta({
    id: 'ReferralAnalytics',
    example: {
      timezone: 'Europe/Berlin',
      from: '2026-10-31T23:00:00.000Z',
      to: '2026-11-30T23:00:00.000Z',
      interval: 'month',
      totals: exampleFigures,
      series: [{ start: '2026-10-31T23:00:00.000Z', ...exampleFigures }],
      topReferrers: [{ userId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071', name: 'Ada Lovelace', ...exampleFigures }],
      sources: [{ source: 'newsletter', ...exampleFigures }],
      devices: [{ device: 'mobile', ...exampleVisits }],
      countries: [{ country: 'DE', ...exampleVisits }],
    },
  });
export type ReferralAnalytics = z.output<typeof ReferralAnalytics>;
