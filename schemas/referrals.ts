import { z } from 'zod';
import { Currency, IdParam, text, webUrl } from './common.ts';

export const attributionModels = ['last_click', 'first_click'] as const;
export type AttributionModel = (typeof attributionModels)[number];

/** What has to happen for rewards: the sign-up, the first purchase, or every purchase (which counts each, and rewards the first). */
export const convertingEvents = ['signup', 'purchase'] as const;
export type ConvertingEvent = (typeof convertingEvents)[number];

export const fraudModes = ['loose', 'strict'] as const;

export const referralSides = ['referrer', 'referred'] as const;
export type ReferralSide = (typeof referralSides)[number];

/** `review`: held for the team. `refused`: a rule spoke against it from the start. `rejected`: by the team. */
export const referralStatuses = ['attributed', 'review', 'refused', 'rejected'] as const;
export type ReferralStatus = (typeof referralStatuses)[number];

export const conversionStatuses = ['counted', 'review', 'refused', 'rejected', 'reversed'] as const;
export type ConversionStatus = (typeof conversionStatuses)[number];

/** `held`: its conversion is under review. `pending`: until the hold ends. */
export const referralRewardStatuses = ['held', 'pending', 'granted', 'reversed', 'rejected'] as const;
export type ReferralRewardStatus = (typeof referralRewardStatuses)[number];

/** Everything that can speak against a referral; some only make it suspicious. */
export const referralRules = [
  'SELF_REFERRAL',
  'SAME_EMAIL',
  'SAME_WALLET',
  'SAME_CARD',
  'CYCLE',
  'DISPOSABLE_EMAIL',
  'VELOCITY',
  'NOT_NEW',
  'OUTSIDE_WINDOW',
  'BELOW_MINIMUM',
  'CURRENCY_MISMATCH',
  'ALREADY_CONVERTED',
  'LIMIT_TOTAL',
  'LIMIT_MONTH',
  'PROGRAMME_INACTIVE',
  'CAMPAIGN_ENDED',
] as const;
export type ReferralRule = (typeof referralRules)[number];
export type RuleFinding = { rule: ReferralRule; effect: 'refused' | 'review' | 'unrewarded' };
/** What a sign-up was decided upon. */
export type Touch = { clickId: string | null; linkId: string; at: string; isWinner: boolean };

export const devices = ['desktop', 'mobile', 'tablet', 'other'] as const;
export type Device = (typeof devices)[number];

const points = z.int().min(1).max(1_000_000);
export const ReferralGift = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('points'), points }),
    z.strictObject({
      kind: z.literal('coupon'),
      couponId: IdParam,
      validDays: z.int().min(1).max(365).default(30).meta({ description: 'How long the claim stays usable' }),
    }),
    z.strictObject({ kind: z.literal('product'), productId: IdParam, quantity: z.int().min(1).max(100).default(1) }),
    z.strictObject({ kind: z.literal('tier'), tierId: IdParam, days: z.int().min(1).max(3_650) }),
  ])
  .meta({ id: 'ReferralGift', description: 'Points, a claim of a coupon, a product, or a higher tier for a time' });
export type ReferralGift = z.output<typeof ReferralGift>;

const gifts = z
  .array(ReferralGift)
  .max(10)
  .refine((all) => all.filter(({ kind }) => kind === 'tier').length <= 1, 'must name one tier at most')
  .refine((all) => all.filter(({ kind }) => kind === 'points').length <= 1, 'must name points once at most');

const limit = z.int().min(1).max(1_000_000).nullable().default(null);

const programme = {
  active: z.boolean().default(true).meta({ description: 'Paused: links lead on, but nothing is attributed' }),
  landingUrl: webUrl.nullable().default(null).meta({ description: 'Where links lead' }),
  offer: text(500).nullable().default(null).meta({ description: 'Told to whoever is invited' }),
  attribution: z.enum(attributionModels).default('last_click'),
  windowDays: z.int().min(1).max(365).default(90).meta({ description: 'From the click to the sign-up' }),
  holdDays: z.int().min(0).max(90).default(14).meta({ description: 'From the conversion to its rewards' }),
  convertsOn: z.enum(convertingEvents).default('purchase').meta({ description: 'What is rewarded, once a person' }),
  minimum: z
    .strictObject({ amount: z.int().min(1).max(99_999_999), currency: Currency })
    .nullable()
    .default(null)
    .meta({ description: 'A purchase below it is not rewarded' }),
  referrerRewards: gifts.default([]),
  referredRewards: gifts.default([]),
  milestones: z
    .array(z.strictObject({ conversions: z.int().min(2).max(1_000_000), rewards: gifts.min(1) }))
    .max(20)
    .refine((all) => new Set(all.map((one) => one.conversions)).size === all.length, 'must name each number once')
    .default([])
    .meta({ description: 'On top, for the referrer, with the conversion that reaches the number' }),
  maxPerReferrer: limit.meta({ description: 'Rewarded conversions of one referrer; null: no limit' }),
  maxPerReferrerMonth: limit.meta({ description: "The same in one month of the brand's calendar; null: no limit" }),
  fraudMode: z
    .enum(fraudModes)
    .default('loose')
    .meta({ description: '`strict` refuses what `loose` holds for review' }),
};
export const SetProgrammeBody = z.strictObject(programme).meta({
  id: 'SetProgrammeBody',
  example: {
    landingUrl: 'https://shop.example/welcome',
    offer: '100 points for your first purchase',
    referrerRewards: [{ kind: 'points', points: 200 }],
    referredRewards: [{ kind: 'points', points: 100 }],
    maxPerReferrerMonth: 20,
  },
});
export type SetProgrammeBody = z.output<typeof SetProgrammeBody>;
