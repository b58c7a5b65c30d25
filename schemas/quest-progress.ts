import { z } from 'zod';
import { Id, IdParam, PageQuery, Timestamp, Timezone, text } from './common.ts';
import { exampleQuest, Quest, questReasons } from './quests.ts';
import { FileKey } from './storage.ts';

export const Day = z.iso.date();

export const progressStatuses = ['not_started', 'in_progress', 'completed', 'expired'] as const;
export const submissionStatuses = ['submitted', 'approved', 'rejected'] as const;
export type SubmissionStatus = (typeof submissionStatuses)[number];
/** What became of an event that a quest waits for. */
export const countStatuses = ['pending', 'counted', 'ignored'] as const;

const exampleIds = {
  claimId: '019ab3c4-7777-7b02-8c3d-4e5f60718293',
  userId: '019ab3c4-8888-7b02-8c3d-4e5f60718293',
  progressId: '019ab3c4-8a8a-7b02-8c3d-4e5f60718293',
};

export const Submission = z
  .object({
    id: Id,
    questId: Id,
    userId: Id,
    status: z.enum(submissionStatuses),
    text: z.string().nullable(),
    fileKeys: z.array(z.string()).meta({ description: 'Ask `GET /storage/url/:key` for an address of each' }),
    rejectionReason: z.string().nullable(),
    createdAt: Timestamp,
    decidedAt: Timestamp.nullable(),
  })
  .meta({
    id: 'QuestSubmission',
    example: {
      id: '019ab3c4-8b8b-7b02-8c3d-4e5f60718293',
      questId: exampleQuest.id,
      userId: exampleIds.userId,
      status: 'submitted',
      text: 'I planted a tree: photo below',
      fileKeys: [],
      rejectionReason: null,
      createdAt: '2026-11-23T14:15:16.123Z',
      decidedAt: null,
    },
  });
export type Submission = z.output<typeof Submission>;

export const QuestProgress = z
  .object({
    status: z.enum(progressStatuses).meta({
      description:
        '`completed`: a `daily` one is claimed today, another one has reached its target; `expired`: the quest ended before',
    }),
    count: z.int().meta({ description: 'How far it is, of `target`, in the present period' }),
    target: z.int(),
    completedAt: Timestamp.nullable(),
    claimedAt: Timestamp.nullable(),
    claimable: z.boolean().meta({ description: 'Whether a claim would be taken now' }),
    reasons: z.array(z.enum(questReasons)).meta({ description: 'Why it cannot be claimed now: all of them' }),
    missing: z
      .object({ questIds: z.array(Id) })
      .meta({ description: 'Quests that have to be completed before this one' }),
    nextClaimAt: Timestamp.nullable().meta({ description: 'While it was claimed already: when it can be again' }),
    day: Day.meta({ description: "Today, in the caller's time zone" }),
    timezone: Timezone,
    streak: z.int().meta({ description: 'As it stands now: 0 when too many days were missed' }),
    bestStreak: z.int(),
    freezes: z.int(),
    submission: z
      .object({ id: Id, status: z.enum(submissionStatuses), rejectionReason: z.string().nullable() })
      .nullable()
      .meta({ description: 'The last proof that was sent in the present period' }),
  })
  .meta({ id: 'QuestProgress' });
export type QuestProgress = z.output<typeof QuestProgress>;

export const QuestWithProgress = Quest.extend({
  progress: QuestProgress.nullable().meta({ description: "The caller's; null for strangers and API keys" }),
}).meta({ id: 'QuestWithProgress', example: { ...exampleQuest, progress: null } });
export type QuestWithProgress = z.output<typeof QuestWithProgress>;

const claimFields = {
  id: Id,
  day: Day.meta({ description: 'The local day that it counts for; the first of its period' }),
  points: z.int(),
  streak: z.int().meta({ description: 'Days in a row, this one included; 0 if the quest counts none' }),
  bestStreak: z.int(),
  bonusPoints: z.int().meta({ description: 'On top of `points`' }),
};
const exampleClaim = {
  id: exampleIds.claimId,
  day: '2026-11-23',
  points: 10,
  streak: 7,
  bestStreak: 12,
  bonusPoints: 50,
};
export const DailyClaim = z.object(claimFields).meta({ id: 'DailyClaim' });
export type DailyClaim = z.output<typeof DailyClaim>;

export const DailyClaimAnswer = z.object({ claim: DailyClaim, balance: z.int(), nextClaimAt: Timestamp }).meta({
  id: 'DailyClaimAnswer',
  example: { claim: exampleClaim, balance: 320, nextClaimAt: '2026-11-23T23:00:00.000Z' },
});
export type DailyClaimAnswer = z.output<typeof DailyClaimAnswer>;

export const GivenReward = z
  .object({
    kind: z.enum(['coupon', 'product', 'tier']),
    id: Id.meta({ description: 'The claim of the coupon, the product, or the tier' }),
    quantity: z.int(),
  })
  .meta({ id: 'GivenReward' });
export type GivenReward = z.output<typeof GivenReward>;

export const QuestClaim = z
  .object({
    ...claimFields,
    tenantId: Id,
    questId: Id,
    userId: Id,
    timezone: Timezone,
    freezesUsed: z.int().meta({ description: 'Missed days that freezes covered' }),
    rewards: z.array(GivenReward),
    createdAt: Timestamp,
  })
  .meta({
    id: 'QuestClaim',
    example: {
      ...exampleClaim,
      tenantId: exampleQuest.tenantId,
      questId: exampleQuest.id,
      userId: exampleIds.userId,
      timezone: 'Europe/Berlin',
      freezesUsed: 0,
      rewards: [],
      createdAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type QuestClaim = z.output<typeof QuestClaim>;

export const Completion = z
  .object({
    id: Id,
    tenantId: Id,
    questId: Id,
    userId: Id,
    startsOn: Day.nullable().meta({ description: 'The first day of its period; null without periods' }),
    count: z.int(),
    target: z.int(),
    completedAt: Timestamp.nullable(),
    claimedAt: Timestamp.nullable(),
  })
  .meta({
    id: 'QuestCompletion',
    description: 'How far a member is with a quest in one period',
    example: {
      id: exampleIds.progressId,
      tenantId: exampleQuest.tenantId,
      questId: exampleQuest.id,
      userId: exampleIds.userId,
      startsOn: null,
      count: 1,
      target: 1,
      completedAt: '2026-11-23T14:15:16.123Z',
      claimedAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type Completion = z.output<typeof Completion>;

export const CompletionAnswer = z
  .object({
    completion: Completion,
    claim: QuestClaim.nullable().meta({ description: 'What it gave, if it was claimed with it' }),
    balance: z.int(),
  })
  .meta({ id: 'QuestCompletionAnswer' });
export type CompletionAnswer = z.output<typeof CompletionAnswer>;

export const ClaimAnswer = z.object({ claim: QuestClaim, balance: z.int() }).meta({ id: 'QuestClaimAnswer' });
export type ClaimAnswer = z.output<typeof ClaimAnswer>;

export const CompleteQuestBody = z
  .object({ userId: IdParam.optional().meta({ description: 'Whom team and API keys complete it for' }) })
  .meta({ id: 'CompleteQuestBody', example: {} });

export const SubmitProofBody = z
  .object({
    text: text(4_000).optional(),
    fileKeys: z.array(FileKey).max(10).default([]).meta({ description: "The caller's files, of purpose `proof`" }),
  })
  .meta({ id: 'SubmitProofBody', example: { text: 'I planted a tree' } });
export type SubmitProofBody = z.output<typeof SubmitProofBody>;

export const RejectSubmissionBody = z
  .object({ reason: text(500).meta({ description: 'The member can read it' }) })
  .meta({ id: 'RejectSubmissionBody', example: { reason: 'The photo shows a shrub' } });

export const SubmissionsQuery = PageQuery.extend({ status: z.enum(submissionStatuses).optional() });
export const SubmissionParams = z.object({ tenantId: IdParam, questId: IdParam, submissionId: IdParam });
export const CompletionParams = z.object({ tenantId: IdParam, questId: IdParam, completionId: IdParam });

export const RevokeCompletionBody = z
  .object({ reason: text(500) })
  .meta({ id: 'RevokeCompletionBody', example: { reason: 'Proved with somebody else’s photo' } });

/** How a streak stood before it was set by hand, and after. */
export type StreakSnapshot = { streak: number; best: number; freezes: number; lastDay: string };

const streakCount = z.int().min(0).max(100_000);
export const StreakState = z
  .object({
    questId: Id,
    userId: Id,
    streak: streakCount,
    bestStreak: streakCount,
    freezes: z.int(),
    lastDay: Day.meta({ description: 'The last day that counts: one claimed today or tomorrow goes on from it' }),
    snapshotId: Id.nullable().meta({ description: 'How it stood before: `…/streak/revert` goes back to it' }),
  })
  .meta({
    id: 'StreakState',
    example: {
      questId: exampleQuest.id,
      userId: exampleIds.userId,
      streak: 41,
      bestStreak: 41,
      freezes: 1,
      lastDay: '2026-11-22',
      snapshotId: '019ab3c4-8c8c-7b02-8c3d-4e5f60718293',
    },
  });
export type StreakState = z.output<typeof StreakState>;

export const RepairStreakBody = z
  .object({
    userId: IdParam,
    streak: streakCount.min(1),
    freezes: z.int().min(0).max(30).optional(),
    reason: text(500),
  })
  .meta({
    id: 'RepairStreakBody',
    example: { userId: exampleIds.userId, streak: 41, reason: 'Our app was down on the 22nd' },
  });
export type RepairStreakBody = z.output<typeof RepairStreakBody>;

export const RevertStreakBody = z.object({ snapshotId: IdParam, reason: text(500) }).meta({
  id: 'RevertStreakBody',
  example: { snapshotId: '019ab3c4-8c8c-7b02-8c3d-4e5f60718293', reason: 'It was the wrong member' },
});
export type RevertStreakBody = z.output<typeof RevertStreakBody>;

export const FreezeAnswer = z
  .object({ freezes: z.int(), balance: z.int() })
  .meta({ id: 'FreezeAnswer', example: { freezes: 2, balance: 220 } });
export type FreezeAnswer = z.output<typeof FreezeAnswer>;
