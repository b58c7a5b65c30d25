import { z } from 'zod';
import { Id, IdParam, InstantInput, Timestamp, text } from './common.ts';

/**
 * `daily` is claimed once a local day of its member, and may count a streak. Of the others one is completed, then claimed:
 * `once`, `repeatable` once a period, `event` when so many of the brand's own events have happened to the member.
 */
export const questKinds = ['daily', 'once', 'repeatable', 'event'] as const;
export type QuestKind = (typeof questKinds)[number];

/** The events that happen to a person, who is the one that they count for. */
export const questEvents = [
  'payment.succeeded',
  'membership.created',
  'membership.updated',
  'coupon.claimed',
  'coupon.redeemed',
  'quest.completed',
  'quest.claimed',
  'referral.signup',
  'referral.converted',
  'file.uploaded',
] as const;
export type QuestEvent = (typeof questEvents)[number];

export const questPeriods = ['day', 'week', 'month'] as const;
export type QuestPeriod = (typeof questPeriods)[number];

export const proofKinds = ['text', 'file', 'any'] as const;
export type ProofKind = (typeof proofKinds)[number];

export const rewardKinds = ['points', 'coupon', 'product', 'tier'] as const;

/** Everything that can keep a member from a quest now; all that hold are told. */
export const questReasons = [
  'PAUSED',
  'NOT_STARTED',
  'ENDED',
  'NOT_A_MEMBER',
  'TIER_REQUIRED',
  'QUEST_REQUIRED',
  'CLAIM_LIMIT',
  'MEMBER_LIMIT',
  'ALREADY_CLAIMED',
  'ZONE_CHANGED',
  'NOT_COMPLETED',
  'ALREADY_COMPLETED',
  'PROOF_REQUIRED',
  'STAFF_ONLY',
  'WRONG_KIND',
  'REWARD_UNAVAILABLE',
] as const;
export type QuestReason = (typeof questReasons)[number];

const MAX_POINTS = 1_000_000;
const points = z.int().min(0).max(MAX_POINTS);

export const Streak = z
  .strictObject({
    bonuses: z
      .array(z.strictObject({ day: z.int().min(1).max(3_650), points: points.min(1) }))
      .max(100)
      .refine((all) => new Set(all.map(({ day }) => day)).size === all.length, 'must name each day once')
      .meta({ description: 'Points on top, on the day of the streak that each names' }),
    repeatBonuses: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether the bonuses begin anew after the last one: a week of seven, again and again' }),
    graceDays: z
      .int()
      .min(0)
      .max(30)
      .default(0)
      .meta({ description: 'So many days in a row may be missed without losing the streak; they do not count' }),
    freezes: z
      .strictObject({
        every: z
          .int()
          .min(1)
          .max(365)
          .nullable()
          .default(null)
          .meta({ description: 'One is earned at each so many days of the streak; null: none is earned' }),
        price: points.min(1).nullable().default(null).meta({ description: 'Points for one; null: none is sold' }),
        max: z.int().min(1).max(30).meta({ description: 'So many can be kept' }),
      })
      .nullable()
      .default(null)
      .meta({ description: 'A freeze covers one missed day beyond the grace days, by itself' }),
  })
  .meta({ id: 'QuestStreak', description: 'Days claimed in a row' });
export type Streak = z.output<typeof Streak>;

export const Reward = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('points'), points: points.min(1) }),
    z.strictObject({
      kind: z.literal('coupon'),
      couponId: IdParam,
      validDays: z.int().min(1).max(365).default(30).meta({ description: 'How long the claim stays usable' }),
    }),
    z.strictObject({ kind: z.literal('product'), productId: IdParam, quantity: z.int().min(1).max(100).default(1) }),
    z.strictObject({ kind: z.literal('tier'), tierId: IdParam, days: z.int().min(1).max(3_650) }),
  ])
  .meta({
    id: 'QuestReward',
    description: 'Given with the claim: points on top, a claim of a coupon, a product, or a higher tier for a time',
  });
export type Reward = z.output<typeof Reward>;

const fields = {
  title: text(120).meta({ example: 'Daily check-in' }),
  description: text(2_000).nullable(),
  event: z.enum(questEvents).nullable().meta({ description: 'What is counted; of kind `event`, and of no other' }),
  target: z.int().min(1).max(1_000_000).meta({ description: 'How many times until it is completed; 1 for `daily`' }),
  period: z
    .enum(questPeriods)
    .nullable()
    .meta({ description: 'How often it begins anew, by the calendar of the member; null: it never does' }),
  proof: z
    .enum(proofKinds)
    .nullable()
    .meta({ description: 'What the member has to send, for the team to approve; of kinds `once` and `repeatable`' }),
  selfComplete: z.boolean().meta({ description: 'Whether members complete it themselves, or only team and API keys' }),
  autoClaim: z.boolean().meta({ description: 'Whether completing gives the rewards at once, without a claim' }),
  points: points.meta({ description: 'Points of a claim' }),
  rewards: z
    .array(Reward)
    .max(10)
    .refine((all) => all.filter(({ kind }) => kind === 'tier').length <= 1, 'must name one tier at most'),
  streak: Streak.nullable().meta({ description: 'Null: no streak is shown or rewarded; only of kind `daily`' }),
  startsAt: InstantInput.nullable(),
  endsAt: InstantInput.nullable().meta({ description: 'The first instant at which it cannot be claimed any more' }),
  maxClaims: z
    .int()
    .min(1)
    .max(1e12)
    .nullable()
    .meta({ description: 'Of all members together, counted from when the limit is set; null: no limit' }),
  maxPerMember: z.int().min(1).max(1_000_000).nullable().meta({ description: 'Claims of one member; null: no limit' }),
  tierIds: z.array(IdParam).max(50).meta({ description: 'Only members of these tiers; empty: all members' }),
  requires: z.array(IdParam).max(20).meta({ description: 'Quests that have to be completed before' }),
  active: z.boolean().meta({ description: 'A paused one is hidden, and cannot be completed or claimed' }),
};

export const CreateQuestBody = z
  .object(fields)
  .partial()
  .extend({ title: fields.title, kind: z.enum(questKinds), points: fields.points })
  .meta({
    id: 'CreateQuestBody',
    example: {
      title: 'Daily check-in',
      kind: 'daily',
      points: 10,
      streak: {
        bonuses: [{ day: 7, points: 50 }],
        repeatBonuses: true,
        graceDays: 0,
        freezes: { every: 7, price: 100, max: 2 },
      },
    },
  });
export type CreateQuestBody = z.output<typeof CreateQuestBody>;

export const UpdateQuestBody = z
  .object(fields)
  .partial()
  .refine((body) => Object.keys(body).length > 0, 'must change something')
  .meta({ id: 'UpdateQuestBody', example: { active: false } });
export type UpdateQuestBody = z.output<typeof UpdateQuestBody>;

export const QuestParams = z.object({ tenantId: IdParam, questId: IdParam });

export const DeletedQuest = z.object({ id: Id }).meta({ id: 'DeletedQuest' });

export const exampleQuest = {
  id: '019ab3c4-9999-7b02-8c3d-4e5f60718293',
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  title: 'Daily check-in',
  description: null,
  kind: 'daily',
  event: null,
  target: 1,
  period: null,
  proof: null,
  selfComplete: true,
  autoClaim: true,
  points: 10,
  rewards: [],
  streak: {
    bonuses: [{ day: 7, points: 50 }],
    repeatBonuses: true,
    graceDays: 0,
    freezes: { every: 7, price: 100, max: 2 },
  },
  startsAt: null,
  endsAt: null,
  maxClaims: null,
  maxPerMember: null,
  tierIds: [],
  requires: [],
  active: true,
  createdAt: '2026-11-23T14:15:16.123Z',
  updatedAt: '2026-11-23T14:15:16.123Z',
};

export const Quest = z
  .object({
    id: Id,
    tenantId: Id,
    ...fields,
    kind: z.enum(questKinds),
    startsAt: Timestamp.nullable(),
    endsAt: Timestamp.nullable(),
    tierIds: z.array(Id),
    requires: z.array(Id),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Quest', example: exampleQuest });
export type Quest = z.output<typeof Quest>;
