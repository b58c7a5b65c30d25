import { z } from 'zod';
import { Id, InstantInput, Timestamp } from './common.ts';
import { couponReasons } from './coupons.ts';

const exampleSums = { currency: 'EUR', redemptions: 320, subtotal: 1_594_000, discount: 159_400, revenue: 1_434_600 };

export const Backtest = z
  .object({
    from: Timestamp,
    to: Timestamp,
    isComplete: z
      .boolean()
      .meta({ description: 'false when there were more than 200,000 payments: the first are told' }),
    payments: z.int().meta({ description: 'For products and for tiers that are paid once, and not given back' }),
    eligiblePayments: z
      .int()
      .meta({ description: 'Those that it would have been for, had its limits been wide enough' }),
    redemptions: z.int().meta({ description: 'Those from which it would have taken something off' }),
    refused: z.array(z.object({ reason: z.enum(couponReasons), payments: z.int() })),
    currencies: z
      .array(
        z.object({
          currency: z.string(),
          redemptions: z.int(),
          subtotal: z.int().meta({ description: 'What the payments with it would have cost without' }),
          discount: z.int(),
          revenue: z.int().meta({ description: 'What would have been left of them' }),
        }),
      )
      .meta({ description: 'Of the redemptions' }),
  })
  .meta({
    id: 'CouponBacktest',
    example: {
      from: '2026-10-24T14:15:16.123Z',
      to: '2026-11-23T14:15:16.123Z',
      isComplete: true,
      payments: 1_240,
      eligiblePayments: 410,
      redemptions: 320,
      refused: [
        { reason: 'MIN_AMOUNT', payments: 830 },
        { reason: 'CUSTOMER_LIMIT', payments: 90 },
      ],
      currencies: [exampleSums],
    },
  });
export type Backtest = z.output<typeof Backtest>;

export const analyticsIntervals = ['day', 'week', 'month'] as const;
export type AnalyticsInterval = (typeof analyticsIntervals)[number];

export const CouponAnalyticsQuery = z.object({
  from: InstantInput.optional().meta({ description: '30 days before `to` when absent' }),
  to: InstantInput.optional().meta({ description: 'Up to this instant; now when absent' }),
  interval: z.enum(analyticsIntervals).default('day'),
});
export type CouponAnalyticsQuery = z.output<typeof CouponAnalyticsQuery>;

const CouponFigures = z.object({
  claims: z.int().meta({ description: 'Uses that were claimed or taken by a payment' }),
  redemptions: z.int(),
  released: z.int().meta({ description: 'Given back for whatever reason: run out, canceled, refunded, rolled back' }),
  currencies: z
    .array(
      z.object({
        currency: z.string(),
        discount: z.int().meta({ description: 'Of redemptions that were not given back, and of the renewals with it' }),
        revenue: z.int().meta({ description: 'What was paid with it, less what was refunded' }),
      }),
    )
    .meta({ description: 'What was sold with the coupon, by the day of the redemption' }),
});
export type CouponFigures = z.output<typeof CouponFigures>;

const exampleFigures = {
  ...{ claims: 52, redemptions: 41, released: 6 },
  currencies: [{ currency: 'EUR', discount: 20_418, revenue: 183_762 }],
};
export const CouponAnalytics = z
  .object({
    couponId: Id,
    timezone: z.string(),
    from: Timestamp,
    to: Timestamp,
    interval: z.enum(analyticsIntervals),
    totals: CouponFigures,
    series: z
      .array(CouponFigures.extend({ start: Timestamp }))
      .meta({ description: "One point for each day, week or month of the brand's time zone, without gaps" }),
  })
  .meta({
    id: 'CouponAnalytics',
    example: {
      couponId: '019ab3c4-dddd-7b02-8c3d-4e5f60718293',
      timezone: 'Europe/Berlin',
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-12-01T00:00:00.000Z',
      interval: 'month',
      totals: exampleFigures,
      series: [{ start: '2026-10-31T23:00:00.000Z', ...exampleFigures }],
    },
  });
export type CouponAnalytics = z.output<typeof CouponAnalytics>;
