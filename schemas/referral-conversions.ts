import { z } from 'zod';
import { Id, IdParam, PageQuery, Timestamp } from './common.ts';
import {
  attributionModels,
  conversionStatuses,
  convertingEvents,
  ReferralGift,
  ReferralLink,
  referralRewardStatuses,
  referralRules,
  referralSides,
  referralStatuses,
} from './referrals.ts';

const tenantExample = '019ab3c4-6a11-7b02-8c3d-4e5f60718293';
const moment = '2026-11-23T14:15:16.123Z';

const reasons = z.array(z.enum(referralRules)).meta({ description: 'Every rule that spoke against it' });
export const Referral = z
  .object({
    id: Id,
    tenantId: Id,
    linkId: Id,
    referrerId: Id,
    referredId: Id,
    status: z.enum(referralStatuses),
    reasons,
    source: z.string(),
    createdAt: Timestamp,
    decidedAt: Timestamp.nullable(),
    decidedBy: Id.nullable().meta({ description: 'Who of the team approved or rejected it, or with which API key' }),
  })
  .meta({ id: 'Referral' });
export type Referral = z.output<typeof Referral>;
export const ReferralsQuery = PageQuery.extend({ status: z.enum(referralStatuses).optional() });
export type ReferralsQuery = z.output<typeof ReferralsQuery>;
export const ReferralParams = z.object({ tenantId: IdParam, referralId: IdParam });

export const ReferralConversion = z
  .object({
    id: Id,
    tenantId: Id,
    referralId: Id,
    linkId: Id,
    referrerId: Id,
    referredId: Id,
    event: z.enum(convertingEvents),
    status: z.enum(conversionStatuses),
    reasons,
    externalId: z.string().nullable(),
    paymentId: Id.nullable(),
    amount: z.int().nullable(),
    currency: z.string().nullable(),
    createdAt: Timestamp,
    reversedAt: Timestamp.nullable(),
    reversedBy: z.string().nullable(),
  })
  .meta({ id: 'ReferralConversion' });
export type ReferralConversion = z.output<typeof ReferralConversion>;
export const ConversionsQuery = PageQuery.extend({ status: z.enum(conversionStatuses).optional() });
export type ConversionsQuery = z.output<typeof ConversionsQuery>;
export const TenantConversionParams = z.object({ tenantId: IdParam, conversionId: IdParam });
export const ConversionParams = z.object({ conversionId: IdParam });

export const ReferralReward = z
  .object({
    id: Id,
    tenantId: Id,
    conversionId: Id,
    side: z.enum(referralSides),
    milestone: z.int().nullable(),
    status: z.enum(referralRewardStatuses),
    rewards: z.array(ReferralGift),
    points: z.int(),
    dueAt: Timestamp.meta({ description: 'When its hold ends, or it is tried again' }),
    waitsFor: z.string().nullable(),
    grantedAt: Timestamp.nullable(),
    reversedAt: Timestamp.nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'ReferralReward', example: exampleReward() });
export type ReferralReward = z.output<typeof ReferralReward>;
export const MyRewardsQuery = PageQuery.extend({ tenantId: IdParam.optional() });

function exampleReward() {
  const id = '019ab3c4-dddd-7b02-8c3d-4e5f60718293';
  const what = { id, tenantId: tenantExample, conversionId: id, side: 'referrer', milestone: null, status: 'pending' };
  const rewards = [{ kind: 'points', points: 200 }];
  const at = { dueAt: moment, waitsFor: null, grantedAt: null, reversedAt: null, createdAt: moment };
  return { ...what, rewards, points: 200, ...at };
}

export const Explanation = z
  .object({
    referral: Referral,
    conversion: ReferralConversion.nullable().meta({ description: 'Null for a sign-up' }),
    model: z.enum(attributionModels),
    windowDays: z.int(),
    touches: z.array(z.object({ clickId: Id.nullable(), linkId: Id, at: z.iso.datetime(), isWinner: z.boolean() })),
    winner: z.object({ linkId: Id, referrerId: Id }).nullable(),
    findings: z.array(
      z.object({
        of: z.enum(['signup', 'conversion']),
        rule: z.enum(referralRules),
        effect: z.enum(['refused', 'review', 'unrewarded']),
      }),
    ),
    rewards: z.array(ReferralReward),
  })
  .meta({ id: 'ReferralExplanation', description: 'Why a sign-up or a conversion counts, or does not' });
export type Explanation = z.output<typeof Explanation>;

const sum = z.object({ count: z.int(), points: z.int() });
export const MyReferrals = z
  .object({
    links: z.array(ReferralLink),
    totals: z.object({ clicks: z.int(), signups: z.int(), conversions: z.int() }),
    rewards: z.object({ held: sum, pending: sum, granted: sum, reversed: sum, rejected: sum }),
  })
  .meta({ id: 'MyReferrals' });
export type MyReferrals = z.output<typeof MyReferrals>;
