import type { QuestState } from '#db/queries/quest-states.ts';
import type { QuestReason } from '#schemas/quests.ts';
import { isMember } from '../../memberships/rules.ts';
import { questFaults } from '../rules.ts';
import { streakNow, type Today, waitUntil } from '../streak-rules.ts';

export type DailyDecision = { reasons: QuestReason[]; nextClaimAt: Date | null; streak: number; today: Today };

/** Whether the person can claim the day now, with all that speaks against it. */
export function decideDaily({ quest, membership, streak, ...day }: QuestState, now: Date): DailyDecision {
  const member = membership && isMember(membership, now) ? membership : null;
  const today = { day: day.day, timezone: day.timezone, at: now };
  const reasons = questFaults(quest, { member, now });
  const nextClaimAt = streak && day.afterLastAt ? waitUntil(streak, today, day.afterLastAt) : null;
  if (nextClaimAt) reasons.push(streak && streak.lastDay >= today.day ? 'ALREADY_CLAIMED' : 'ZONE_CHANGED');
  return { reasons, nextClaimAt, streak: streakNow(streak, today, quest.streak), today };
}
