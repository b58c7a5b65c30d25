import { z } from 'zod';
import { Currency, Id, IdParam, InstantInput, jsonObject, PageQuery, Timestamp, text } from './common.ts';
import { Amount } from './money.ts';

export const couponKinds = ['percent', 'amount', 'product'] as const;
export type CouponKind = (typeof couponKinds)[number];
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];
/** Periods begin in the brand's time zone; a week on Monday; `all` has no end. */
export const couponPeriods = ['hour', 'day', 'week', 'month', 'all'] as const;
export type CouponPeriod = (typeof couponPeriods)[number];
export const couponDurations = ['once', 'repeating', 'forever'] as const;
export type CouponDuration = (typeof couponDurations)[number];
export const budgetMeasures = ['discount', 'redemptions'] as const;
export type BudgetMeasure = (typeof budgetMeasures)[number];

/** Why a coupon cannot be used; all that hold are told. */
export const couponReasons = [
  'NOT_FOUND',
  'DISABLED',
  'NOT_STARTED',
  'EXPIRED',
  'OUTSIDE_WINDOW',
  'QUANTITY_EXCEEDED',
  'BUDGET_EXHAUSTED',
  'CUSTOMER_LIMIT',
  'NOT_FIRST_PURCHASE',
  'ALREADY_CLAIMED',
  'CODE_REQUIRED',
  'CLAIM_NOT_OPEN',
  'NOT_A_MEMBER',
  'TIER_REQUIRED',
  'CURRENCY_MISMATCH',
  'PRODUCT_REQUIRED',
  'MIN_AMOUNT',
  'AMOUNT_REQUIRED',
  'NOT_STACKABLE',
] as const;
export type CouponReason = (typeof couponReasons)[number];

const MAX_METADATA_BYTES = 8192;
const MAX_COUNT = 1_000_000_000;
const MAX_TTL_SECONDS = 90 * 86_400;

/** ASCII before anything else: what only looks like a letter is another code, which nobody has. */
export const COUPON_CODE = /^[A-Za-z0-9_-]{3,40}$/;
export const CouponCode = z
  .string()
  .regex(COUPON_CODE, 'must be 3 to 40 of A-Z, a-z, 0-9, _ and -')
  .meta({ description: 'Compared without regard to case', example: 'SUMMER-10' });

const Price = Amount.min(1);
const MoneyOptions = z.object({
  amountOff: Price.nullable().optional(),
  maxDiscount: Price.nullable().optional(),
  minSubtotal: Amount.nullable().optional(),
});
export type MoneyOptions = { amountOff: number | null; maxDiscount: number | null; minSubtotal: number | null };

const timeOfDay = (pattern: RegExp) => z.string().regex(pattern, 'must be a time such as 09:00');
const Hours = z
  .object({
    days: z.array(z.enum(weekdays)).min(1).max(7),
    from: timeOfDay(/^([01]\d|2[0-3]):[0-5]\d$/),
    to: timeOfDay(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must differ from `from`' });
export type CouponHours = { days: Weekday[]; from: string; to: string };

const PerUserPeriod = z.object({
  limit: z.int().min(1).max(1_000_000),
  every: z.enum(['day', 'week', 'month']),
});
export type PerUserPeriod = z.output<typeof PerUserPeriod>;

const Budget = z
  .object({
    measure: z.enum(budgetMeasures),
    period: z.enum(couponPeriods),
    limit: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
    currency: Currency.optional().meta({ description: "Of a sum of discounts; the coupon's currency when absent" }),
  })
  .meta({ id: 'CouponBudget' });
const AutoPause = z
  .object({ minimum: z.int().min(1).max(1_000_000).default(20), factor: z.int().min(2).max(1_000).default(5) })
  .meta({ id: 'CouponAutoPause' });
export type AutoPause = z.output<typeof AutoPause>;
export type CouponBudget = {
  measure: BudgetMeasure;
  period: CouponPeriod;
  limit: number;
  currency?: string | undefined;
};

const changeable = {
  name: text(120),
  description: text(2000).nullable(),
  percentOff: z
    .number()
    .min(0.01)
    .max(100)
    .refine((percent) => Number.isInteger(Number((percent * 100).toFixed(6))), 'must have at most two decimals')
    .nullable()
    .meta({ description: 'Of `percent`: at least 0.01, at most 100', example: 12.5 }),
  amountOff: Price.nullable().meta({ description: 'Of `amount`, in minor units of `currency`' }),
  currency: Currency.meta({ description: "Of the sums here; the brand's currency when absent" }),
  currencyOptions: z
    .record(Currency, MoneyOptions)
    .refine((options) => Object.keys(options).length <= 20, 'must name at most 20 currencies')
    .meta({ description: 'The same sums for other currencies', example: { USD: { amountOff: 550 } } }),
  productId: IdParam.nullable().meta({ description: 'Of `product`: one of it is free' }),
  maxDiscount: Price.nullable(),
  minSubtotal: Amount.nullable(),
  startsAt: InstantInput.nullable(),
  endsAt: InstantInput.nullable().meta({ description: 'From this instant on it cannot be used' }),
  hours: z
    .array(Hours)
    .max(21)
    .meta({
      description:
        "When it can be used, in the brand's time zone; empty: always. One that ends before it begins ends the next day",
      example: [{ days: ['mon', 'fri'], from: '09:00', to: '17:00' }],
    }),
  maxRedemptions: z.int().min(1).max(MAX_COUNT).nullable(),
  maxPerUser: z.int().min(1).max(1_000_000).nullable(),
  perUserPeriod: PerUserPeriod.nullable().meta({ description: 'A limit of each person that begins anew' }),
  firstPurchaseOnly: z.boolean(),
  tierIds: z.array(IdParam).max(50).meta({ description: 'Only for members of these tiers; empty: for all' }),
  productIds: z.array(IdParam).max(100).meta({ description: 'Takes off these products alone; empty: off all' }),
  public: z.boolean().meta({ description: 'Listed for everybody' }),
  stackable: z.boolean().meta({ description: 'May be used together with others that are' }),
  claimTtlSeconds: z
    .int()
    .min(1)
    .max(MAX_TTL_SECONDS)
    .meta({ description: 'How long a claim is kept; half an hour unless said', example: 1800 }),
  duration: z.enum(couponDurations).meta({ description: 'For which payments of a subscription' }),
  durationInMonths: z.int().min(1).max(120).nullable(),
  budgets: z.array(Budget).max(10).meta({ description: 'It rests while any of them is used up' }),
  autoPause: AutoPause.nullable().meta({
    description:
      'It rests, until somebody looks, when it is redeemed `minimum` times within an hour, and `factor` times as often as in the mean hour of the week before; null: never',
    example: { minimum: 20, factor: 5 },
  }),
  active: z.boolean(),
  metadata: jsonObject(MAX_METADATA_BYTES),
  externalId: text(128).nullable().meta({ description: "The brand's own id, unique in the brand" }),
};

const exampleTerms = { name: 'Summer sale', percentOff: 10 };

export const CreateCouponBody = z
  .object(changeable)
  .partial()
  .extend({ name: changeable.name, code: CouponCode.optional(), kind: z.enum(couponKinds) })
  .meta({ id: 'CreateCouponBody', example: { code: 'SUMMER-10', kind: 'percent', ...exampleTerms, public: true } });
export type CreateCouponBody = z.output<typeof CreateCouponBody>;

export const UpdateCouponBody = z
  .object(changeable)
  .partial()
  .extend({ paused: z.literal(false).optional().meta({ description: 'false ends a pause' }) })
  .meta({ id: 'UpdateCouponBody', example: { name: 'Summer sale, extended', endsAt: '2027-09-01T00:00:00.000Z' } });
export type UpdateCouponBody = z.output<typeof UpdateCouponBody>;

export const CouponParams = z.object({ tenantId: IdParam, couponId: IdParam });
export const CouponsQuery = PageQuery.extend({
  archived: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .optional()
    .meta({ description: '`true` for those that were archived', type: 'string', enum: ['true', 'false'] }),
});

const exampleCoupon = {
  id: '019ab3c4-dddd-7b02-8c3d-4e5f60718293',
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  code: 'SUMMER-10',
  kind: 'percent',
  ...exampleTerms,
  description: null,
  amountOff: null,
  currency: null,
  currencyOptions: {},
  productId: null,
  maxDiscount: null,
  minSubtotal: null,
  startsAt: null,
  endsAt: null,
  hours: [],
  firstPurchaseOnly: false,
  tierIds: [],
  productIds: [],
  stackable: false,
};
const exampleRest = {
  maxRedemptions: 100,
  maxPerUser: 1,
  perUserPeriod: null,
  public: true,
  claimTtlSeconds: 1800,
  duration: 'once',
  durationInMonths: null,
  budgets: [],
  autoPause: { minimum: 20, factor: 5 },
  active: true,
  pausedAt: null,
  pausedReason: null,
  archivedAt: null,
  uses: { claimed: 1, reserved: 0, redeemed: 41, left: 58 },
  metadata: {},
  externalId: null,
  version: 1,
  createdAt: '2026-11-23T14:15:16.123Z',
  updatedAt: '2026-11-23T14:15:16.123Z',
};

const Sums = z.object({
  amountOff: z.int().nullable(),
  maxDiscount: z.int().nullable(),
  minSubtotal: z.int().nullable(),
});

/** What everybody may know of a public coupon: no counters. */
export const PublicCoupon = z
  .object({
    id: Id,
    tenantId: Id,
    code: z.string().nullable().meta({ description: 'null for one that is claimed, or has a code for each person' }),
    name: z.string(),
    description: z.string().nullable(),
    kind: z.enum(couponKinds),
    percentOff: z.number().nullable(),
    amountOff: z.int().nullable(),
    currency: z.string().nullable(),
    currencyOptions: z.record(z.string(), Sums),
    productId: Id.nullable(),
    maxDiscount: z.int().nullable(),
    minSubtotal: z.int().nullable(),
    startsAt: Timestamp.nullable(),
    endsAt: Timestamp.nullable(),
    hours: z.array(z.object({ days: z.array(z.enum(weekdays)), from: z.string(), to: z.string() })),
    firstPurchaseOnly: z.boolean(),
    tierIds: z.array(Id),
    productIds: z.array(Id),
    stackable: z.boolean(),
  })
  .meta({ id: 'PublicCoupon', example: exampleCoupon });
export type PublicCoupon = z.output<typeof PublicCoupon>;

export const Coupon = PublicCoupon.extend({
  maxRedemptions: z.int().nullable(),
  maxPerUser: z.int().nullable(),
  perUserPeriod: z.object({ limit: z.int(), every: z.enum(couponPeriods) }).nullable(),
  public: z.boolean(),
  claimTtlSeconds: z.int(),
  duration: z.enum(couponDurations),
  durationInMonths: z.int().nullable(),
  budgets: z.array(
    z.object({
      measure: z.enum(budgetMeasures),
      period: z.enum(couponPeriods),
      limit: z.int(),
      currency: z.string().optional(),
    }),
  ),
  autoPause: z.object({ minimum: z.int(), factor: z.int() }).nullable(),
  active: z.boolean(),
  pausedAt: Timestamp.nullable().meta({
    description: 'Set when it was used so often that it rests until somebody looks',
  }),
  pausedReason: z.string().nullable(),
  archivedAt: Timestamp.nullable(),
  uses: z
    .object({
      claimed: z.int(),
      reserved: z.int().meta({ description: 'In payments that are still open' }),
      redeemed: z.int(),
      left: z.int().nullable(),
    })
    .meta({ description: 'All of them count against maxRedemptions' }),
  metadata: z.record(z.string(), z.unknown()),
  externalId: z.string().nullable(),
  version: z.int(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
}).meta({ id: 'Coupon', example: { ...exampleCoupon, ...exampleRest } });
export type Coupon = z.output<typeof Coupon>;

/** Once it was used its history stays: it is archived. */
export const DeletedCoupon = z
  .object({ id: Id, deleted: z.literal(true), archived: z.boolean() })
  .meta({ id: 'DeletedCoupon', example: { id: exampleCoupon.id, deleted: true, archived: true } });
export type DeletedCoupon = z.output<typeof DeletedCoupon>;
