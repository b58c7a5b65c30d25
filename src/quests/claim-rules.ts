import type { MembershipStatus } from '#schemas/memberships.ts';
import type { QuestReason, Streak } from '#schemas/quests.ts';
import { isMember } from '../memberships/rules.ts';
import { questFaults, type Terms } from './rules.ts';
import { restedAt, type StreakState, streakNow, type Today, waitUntil } from './streak-rules.ts';

type QuestState = {
  quest: Terms & { kind: string; period: string | null; streak: Streak | null };
  membership: { tierId: string; status: MembershipStatus; endsAt: Date | null } | null;
  standing: (StreakState & { claims: number }) | null;
  /** Of the present period. */
  progress: { claimedAt: Date | null } | null;
  /** What can be claimed first. */
  unclaimed: { timezone: string } | null;
  missing: readonly string[];
  day: string;
  timezone: string;
  /** When the next period begins, and the day after the last claimed one. */
  nextAt: Date;
  afterLastAt: Date | null;
};

export type ClaimDecision = { reasons: QuestReason[]; nextClaimAt: Date | null; streak: number; today: Today };

/** Whether the person can claim the quest now, with all that speaks against it. */
export function decideClaim(state: QuestState, now: Date): ClaimDecision {
  const { quest, standing } = state;
  const today = { day: state.day, timezone: state.timezone, at: now };
  const { reasons: late, nextClaimAt } = quest.kind === 'daily' ? dayFaults(state, today) : taskFaults(state, now);
  return {
    reasons: [...baseFaults(state, now), ...late],
    nextClaimAt,
    streak: streakNow(standing, today, quest.streak),
    today,
  };
}

/** What holds for completing as well as for claiming. */
export function baseFaults({ quest, membership, standing, missing }: QuestState, now: Date): QuestReason[] {
  const member = membership && isMember(membership, now) ? membership : null;
  return questFaults(quest, { member, claims: standing?.claims ?? 0, missing, now });
}

type Faults = Pick<ClaimDecision, 'reasons' | 'nextClaimAt'>;

function dayFaults({ standing, afterLastAt }: QuestState, today: Today): Faults {
  const nextClaimAt = standing && afterLastAt ? waitUntil(standing, today, afterLastAt) : null;
  if (!nextClaimAt || !standing) return { reasons: [], nextClaimAt: null };
  return { reasons: [standing.lastDay >= today.day ? 'ALREADY_CLAIMED' : 'ZONE_CHANGED'], nextClaimAt };
}

function taskFaults(state: QuestState, now: Date): Faults {
  const { quest, progress, unclaimed, nextAt } = state;
  if (!unclaimed) {
    const isClaimed = progress?.claimedAt != null;
    const nextClaimAt = isClaimed && quest.period !== null ? nextAt : null;
    return { reasons: [isClaimed ? 'ALREADY_CLAIMED' : 'NOT_COMPLETED'], nextClaimAt };
  }
  const rested = zoneRest(state, { timezone: unclaimed.timezone, now });
  return rested ? { reasons: ['ZONE_CHANGED'], nextClaimAt: rested } : { reasons: [], nextClaimAt: null };
}

/** After a journey a period more is rewarded only some time after the last reward. */
export function zoneRest(
  { quest, standing }: QuestState,
  { timezone, now }: { timezone: string; now: Date },
): Date | null {
  return standing && quest.period !== null ? restedAt(standing, { timezone, at: now }) : null;
}
