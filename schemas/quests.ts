import { z } from 'zod';
import { Id, IdParam, InstantInput, Timestamp, Timezone, text } from './common.ts';

/** `daily` is claimed once a local day of its member, and may count a streak. */
export const questKinds = ['daily'] as const;
export type QuestKind = (typeof questKinds)[number];

/** Everything that can keep a member from a quest now; all that hold are told. */
export const questReasons = [
  'PAUSED',
  'NOT_STARTED',
  'ENDED',
  'NOT_A_MEMBER',
  'TIER_REQUIRED',
  'CLAIM_LIMIT',
  'ALREADY_CLAIMED',
  'ZONE_CHANGED',
] as const;
export type QuestReason = (typeof questReasons)[number];

const Day = z.iso.date();
const points = z.int().min(0).max(1_000_000);

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
        every: z.int().min(1).max(365).meta({ description: 'One is earned at each so many days of the streak' }),
        max: z.int().min(1).max(30).meta({ description: 'So many can be kept' }),
      })
      .nullable()
      .default(null)
      .meta({ description: 'A freeze covers one missed day beyond the grace days, by itself' }),
  })
  .meta({ id: 'QuestStreak', description: 'Days claimed in a row' });
export type Streak = z.output<typeof Streak>;

const fields = {
  title: text(120).meta({ example: 'Daily check-in' }),
  description: text(2_000).nullable(),
  points: points.meta({ description: 'Points of a claim' }),
  streak: Streak.nullable().meta({ description: 'Null: no streak is shown or rewarded' }),
  startsAt: InstantInput.nullable(),
  endsAt: InstantInput.nullable().meta({ description: 'The first instant at which it cannot be claimed any more' }),
  maxClaims: z
    .int()
    .min(1)
    .max(1e12)
    .nullable()
    .meta({ description: 'Of all members together, counted from when the limit is set; null: no limit' }),
  tierIds: z.array(IdParam).max(50).meta({ description: 'Only members of these tiers; empty: all members' }),
  active: z.boolean().meta({ description: 'A paused one is hidden, and cannot be claimed' }),
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
      streak: { bonuses: [{ day: 7, points: 50 }], repeatBonuses: true, graceDays: 0, freezes: { every: 7, max: 2 } },
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

export const QuestProgress = z
  .object({
    status: z
      .enum(['not_started', 'in_progress', 'completed', 'expired'])
      .meta({ description: '`completed`: claimed today; `in_progress`: claimed before, and not today' }),
    claimable: z.boolean(),
    reasons: z.array(z.enum(questReasons)).meta({ description: 'Why it cannot be claimed now: all of them' }),
    nextClaimAt: Timestamp.nullable().meta({ description: 'While it was claimed already: when it can be again' }),
    day: Day.meta({ description: "Today, in the caller's time zone" }),
    timezone: Timezone,
    streak: z.int().meta({ description: 'As it stands now: 0 when too many days were missed' }),
    bestStreak: z.int(),
    freezes: z.int(),
  })
  .meta({ id: 'QuestProgress' });
export type QuestProgress = z.output<typeof QuestProgress>;

const exampleQuest = {
  id: '019ab3c4-9999-7b02-8c3d-4e5f60718293',
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  title: 'Daily check-in',
  description: null,
  kind: 'daily',
  points: 10,
  streak: { bonuses: [{ day: 7, points: 50 }], repeatBonuses: true, graceDays: 0, freezes: { every: 7, max: 2 } },
  startsAt: null,
  endsAt: null,
  maxClaims: null,
  tierIds: [],
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
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Quest', example: exampleQuest });
export type Quest = z.output<typeof Quest>;

export const QuestWithProgress = Quest.extend({
  progress: QuestProgress.nullable().meta({ description: "The caller's; null for strangers and API keys" }),
}).meta({ id: 'QuestWithProgress', example: { ...exampleQuest, progress: null } });
export type QuestWithProgress = z.output<typeof QuestWithProgress>;

const claimFields = {
  id: Id,
  day: Day.meta({ description: 'The local day that it counts for' }),
  points: z.int(),
  streak: z.int().meta({ description: 'Days in a row, this one included' }),
  bestStreak: z.int(),
  bonusPoints: z.int().meta({ description: 'On top of `points`' }),
};
export const DailyClaim = z.object(claimFields).meta({ id: 'DailyClaim' });
export type DailyClaim = z.output<typeof DailyClaim>;

const exampleClaim = {
  id: '019ab3c4-7777-7b02-8c3d-4e5f60718293',
  day: '2026-11-23',
  points: 10,
  streak: 7,
  bestStreak: 12,
  bonusPoints: 50,
};

export const DailyClaimAnswer = z.object({ claim: DailyClaim, balance: z.int(), nextClaimAt: Timestamp }).meta({
  id: 'DailyClaimAnswer',
  example: { claim: exampleClaim, balance: 320, nextClaimAt: '2026-11-23T23:00:00.000Z' },
});
export type DailyClaimAnswer = z.output<typeof DailyClaimAnswer>;

export const QuestClaim = z
  .object({
    ...claimFields,
    tenantId: Id,
    questId: Id,
    userId: Id,
    timezone: Timezone,
    freezesUsed: z.int().meta({ description: 'Missed days that freezes covered' }),
    createdAt: Timestamp,
  })
  .meta({
    id: 'QuestClaim',
    example: {
      ...exampleClaim,
      tenantId: exampleQuest.tenantId,
      questId: exampleQuest.id,
      userId: '019ab3c4-8888-7b02-8c3d-4e5f60718293',
      timezone: 'Europe/Berlin',
      freezesUsed: 0,
      createdAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type QuestClaim = z.output<typeof QuestClaim>;
