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
  .object({ balance: z.int(), ledger: z.array(PointEntry) })
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
