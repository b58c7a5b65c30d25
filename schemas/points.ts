import { z } from 'zod';
import { Id, IdParam, Timestamp, text } from './common.ts';

/** Why points moved. */
export const pointReasons = [
  'quest',
  'streak_bonus',
  'referral',
  'adjustment',
  'purchase',
  'purchase_refund',
  'freeze',
  'expired',
  'taken_back',
] as const;
export type PointReason = (typeof pointReasons)[number];
/** `age`: each so long after it was earned, the oldest used first; `inactivity`: all, so long after the last movement. */
export const expiryModes = ['age', 'inactivity'] as const;
/** Tiers are reached by all that was `earned`, less what was taken back, or by the `balance`. */
export const tierBases = ['earned', 'balance'] as const;
export const downgradeModes = ['never', 'at_once', 'after'] as const;
export const pointsPurchaseStatuses = ['completed', 'refunded'] as const;

export const PointEntry = z
  .object({
    id: Id,
    amount: z.int().meta({ description: 'Negative when points were spent, expired or taken back' }),
    reason: z.enum(pointReasons),
    note: z.string().nullable().meta({ description: 'What the admin said who adjusted them' }),
    cause: z.object({ type: z.string(), id: Id }).nullable(),
    createdAt: Timestamp,
  })
  .meta({
    id: 'PointEntry',
    example: {
      id: '019ab3c4-7777-7b02-8c3d-4e5f60718293',
      amount: 10,
      reason: 'quest',
      note: null,
      cause: { type: 'questClaim', id: '019ab3c4-6a11-7b02-8c3d-4e5f60718293' },
      createdAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type PointEntry = z.output<typeof PointEntry>;

export const Points = z
  .object({
    balance: z.int(),
    nextExpiry: z
      .object({ amount: z.int(), at: Timestamp })
      .nullable()
      .meta({ description: 'The next points that expire if nothing happens before; null when none do' }),
    ledger: z.array(PointEntry),
  })
  .meta({ id: 'Points', description: 'A page of the ledger, newest first, below the balance of now' });

export const AdjustPointsBody = z
  .object({
    userId: IdParam,
    amount: z
      .int()
      .min(-1_000_000_000)
      .max(1_000_000_000)
      .refine((amount) => amount !== 0, 'must not be 0')
      .meta({ description: 'Given, or taken when negative: never more than the member has' }),
    note: text(500).meta({ description: 'Why: the member can read it' }),
  })
  .meta({
    id: 'AdjustPointsBody',
    example: { userId: '019ab3c4-8888-7b02-8c3d-4e5f60718293', amount: 50, note: 'Sorry for the late parcel' },
  });
export type AdjustPointsBody = z.output<typeof AdjustPointsBody>;

export const Adjustment = z.object({ entry: PointEntry, balance: z.int() }).meta({ id: 'PointAdjustment' });
export type Adjustment = z.output<typeof Adjustment>;

const days = z.int().min(1).max(3_650);

export const PointsExpiry = z
  .strictObject({
    mode: z.enum(expiryModes).meta({
      description:
        '`age`: what was earned expires so many days after it, and what is spent is the oldest; `inactivity`: the whole balance expires so many days after the member last earned or spent',
    }),
    days: days.meta({ description: 'Days of 24 hours' }),
  })
  .meta({ id: 'PointsExpiry', example: { mode: 'age', days: 365 } });

const Downgrade = z
  .strictObject({
    mode: z.enum(downgradeModes).meta({
      description:
        'What becomes of a tier that was reached by points and whose threshold is not reached any more: `never` taken, `at_once`, or `after` so many days in a row below it',
    }),
    days: days.optional().meta({ description: 'With `after`, and only with it' }),
  })
  .refine(({ mode, days: after }) => (mode === 'after') === (after !== undefined), {
    path: ['days'],
    error: 'must be given with `after`, and only with it',
  })
  .meta({ id: 'TierDowngrade', example: { mode: 'after', days: 30 } });

export const PointsPolicy = z
  .object({
    expiry: PointsExpiry.nullable().meta({ description: 'null: points are kept for good' }),
    tiers: z.strictObject({
      basis: z
        .enum(tierBases)
        .meta({ description: 'By which points tiers are reached: all ever `earned`, or the `balance`' }),
      downgrade: Downgrade,
    }),
  })
  .meta({
    id: 'PointsPolicy',
    example: {
      expiry: { mode: 'age', days: 365 },
      tiers: { basis: 'earned', downgrade: { mode: 'after', days: 30 } },
    },
  });
export type PointsPolicy = z.output<typeof PointsPolicy>;

export const PointsPurchaseBody = z
  .object({ quantity: z.int().min(1).max(1000).optional().meta({ description: '1 when absent' }) })
  .nullish()
  .meta({ id: 'PointsPurchaseBody', example: { quantity: 1 } });

export const PointsPurchaseParams = z.object({ tenantId: IdParam, purchaseId: IdParam });

const examplePurchase = {
  id: '019ab3c4-cccc-7b02-8c3d-4e5f60718293',
  userId: '019ab3c4-8888-7b02-8c3d-4e5f60718293',
  productId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
  quantity: 1,
  points: 500,
  status: 'completed',
  createdAt: '2026-11-23T14:15:16.123Z',
};

export const PointsPurchase = z
  .object({
    id: Id,
    userId: Id,
    productId: Id,
    quantity: z.int(),
    points: z.int().meta({ description: 'Paid in all' }),
    status: z.enum(pointsPurchaseStatuses),
    createdAt: Timestamp,
  })
  .meta({ id: 'PointsPurchase', example: examplePurchase });
export type PointsPurchase = z.output<typeof PointsPurchase>;

export const PointsPurchaseAnswer = z
  .object({ purchase: PointsPurchase, balance: z.int().meta({ description: 'What the member has left' }) })
  .meta({ id: 'PointsPurchaseAnswer', example: { purchase: examplePurchase, balance: 120 } });
export type PointsPurchaseAnswer = z.output<typeof PointsPurchaseAnswer>;
