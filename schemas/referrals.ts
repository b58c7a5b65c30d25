import { z } from 'zod';
import { Currency, Id, IdParam, InstantInput, Timestamp, text, webUrl } from './common.ts';

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
  'CAMPAIGN_NOT_STARTED',
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
    .meta({
      description:
        'On top, for the referrer, with the conversion that reaches the number: people whose purchase or sign-up qualifies are counted, also beyond the limits',
    }),
  maxPerReferrer: limit.meta({
    description:
      'Conversions that one referrer is rewarded for; beyond it whom they bring is still rewarded, and milestones still count. null: no limit',
  }),
  maxPerReferrerMonth: limit.meta({ description: "The same in one month of the brand's calendar; null: no limit" }),
  fraudMode: z
    .enum(fraudModes)
    .default('loose')
    .meta({ description: '`strict` refuses what `loose` holds for review' }),
};
export const SetProgrammeBody = z.object(programme).meta({
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

const tenantExample = '019ab3c4-6a11-7b02-8c3d-4e5f60718293';

export const Programme = z
  .object({ tenantId: Id, ...programme })
  .meta({ id: 'ReferralProgramme', description: 'One that rewards nothing until the brand sets it' });
export type Programme = z.output<typeof Programme>;

const campaign = {
  name: text(120),
  landingUrl: webUrl.nullable().meta({ description: "Where its links lead; null: as the programme's" }),
  startsAt: InstantInput.nullable(),
  endsAt: InstantInput.nullable().meta({ description: 'From then on its links bring nobody' }),
};
export const CreateCampaignBody = z
  .object(campaign)
  .partial()
  .extend({ name: campaign.name })
  .meta({ id: 'CreateReferralCampaignBody', example: { name: 'Spring', landingUrl: 'https://shop.example/spring' } });
export type CreateCampaignBody = z.output<typeof CreateCampaignBody>;
export const UpdateCampaignBody = z
  .object(campaign)
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'must change something')
  .meta({ id: 'UpdateReferralCampaignBody', example: { name: 'Spring again' } });
export type UpdateCampaignBody = z.output<typeof UpdateCampaignBody>;
export const ReferralCampaign = z
  .object({
    id: Id,
    tenantId: Id,
    name: campaign.name,
    landingUrl: campaign.landingUrl,
    startsAt: Timestamp.nullable(),
    endsAt: Timestamp.nullable(),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'ReferralCampaign' });
export type ReferralCampaign = z.output<typeof ReferralCampaign>;
export const CampaignParams = z.object({ tenantId: IdParam, campaignId: IdParam });

export const ReferralLink = z
  .object({
    id: Id,
    tenantId: Id,
    campaignId: Id.nullable(),
    code: z.string().meta({
      description: 'The chosen one if there is one; the one that was made, and those chosen before, lead on',
      example: 'K7QM2WXPTZ',
    }),
    url: z.string().meta({ example: 'https://api.example/r/K7QM2WXPTZ' }),
    qr: z.object({ svg: z.string(), png: z.string() }).meta({ description: 'Addresses of its QR code' }),
    clicks: z.int(),
    signups: z.int(),
    conversions: z.int(),
    earnedPoints: z.int().meta({ description: 'Granted and not taken back' }),
  })
  .meta({ id: 'ReferralLink' });
export type ReferralLink = z.output<typeof ReferralLink>;
export const ReferralLinkAnswer = z.object({ link: ReferralLink }).meta({ id: 'ReferralLinkAnswer' });
export const CreateLinkBody = z
  .object({ tenantId: IdParam, campaignId: IdParam.optional() })
  .meta({ id: 'CreateReferralLinkBody', example: { tenantId: tenantExample } });
export const LinkParams = z.object({ linkId: IdParam });

const code = z
  .string()
  .min(3)
  .max(64)
  .regex(/^[A-Za-z0-9_-]+$/, 'must be letters, digits, - and _')
  .meta({ description: 'In any case', example: 'K7QM2WXPTZ' });
export const SetCodeBody = z
  .object({
    code: code
      .min(4)
      .max(32)
      .regex(/^[A-Za-z0-9].*[A-Za-z0-9]$/, 'must begin and end with a letter or digit'),
  })
  .meta({ id: 'SetReferralCodeBody', example: { code: 'ADA-LOVES-TEA' } });

export const verifyReasons = [
  'NOT_FOUND',
  'PROGRAMME_INACTIVE',
  'CAMPAIGN_NOT_STARTED',
  'CAMPAIGN_ENDED',
  'LIMIT_REACHED',
  'OWN_CODE',
] as const;
export const VerifyQuery = z.object({ code: z.string().min(1).max(64).meta({ example: 'K7QM2WXPTZ' }) });
export const Verification = z
  .object({
    valid: z.boolean(),
    reason: z.enum(verifyReasons).nullable(),
    tenant: z.object({ id: Id, name: z.string(), subdomain: z.string() }).nullable(),
    referrer: z.object({ name: z.string().nullable() }).nullable(),
    offer: z.string().nullable(),
  })
  .meta({ id: 'ReferralVerification' });
export type Verification = z.output<typeof Verification>;

export const trackedEvents = ['click', 'signup', 'purchase'] as const;
export const TrackBody = z
  .object({
    code,
    event: z.enum(trackedEvents),
    visitorId: text(128)
      .optional()
      .meta({ description: "The client's own id of its visitor; `ref_visitor` of a link" }),
    userId: IdParam.optional().meta({ description: 'Who signed up or bought, told by the brand' }),
    externalId: text(128)
      .optional()
      .meta({ description: "The brand's own name of it, counted once; needed for a purchase" }),
    amount: z.int().min(1).max(99_999_999).optional().meta({ description: "In the currency's minor unit" }),
    currency: Currency.optional(),
    landingUrl: webUrl.optional(),
    referrerUrl: webUrl.optional(),
  })
  .superRefine((body, check) => {
    if (body.event !== 'purchase') return;
    for (const field of ['userId', 'externalId', 'amount', 'currency'] as const) {
      if (body[field] === undefined)
        check.addIssue({ code: 'custom', path: [field], message: 'is needed for a purchase' });
    }
  })
  .meta({
    id: 'TrackReferralBody',
    example: { code: 'K7QM2WXPTZ', event: 'click', landingUrl: 'https://shop.example/' },
  });
export type TrackBody = z.output<typeof TrackBody>;
export const Tracked = z
  .object({
    tracked: z.boolean(),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why it was not counted: ALREADY_TRACKED, BOT, NOT_ATTRIBUTED, IN_REVIEW, or a rule' }),
    eventId: Id.nullable().meta({ description: 'The click, the referral or the conversion' }),
  })
  .meta({ id: 'TrackedReferral' });
export type Tracked = z.output<typeof Tracked>;
