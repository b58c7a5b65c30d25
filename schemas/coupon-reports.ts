import { z } from 'zod';
import { Timestamp } from './common.ts';
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
