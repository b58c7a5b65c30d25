import type { QuestState } from '#db/queries/quest-states.ts';
import type { QuestRow } from '#db/queries/quests.ts';
import type { QuestProgress, QuestWithProgress } from '#schemas/quest-progress.ts';
import type { Quest } from '#schemas/quests.ts';
import { decideClaim } from './claim-rules.ts';

export function presentQuest({ claims: _claims, deletedAt: _deletedAt, ...quest }: QuestRow): Quest {
  return quest;
}

type Caller = { userId: string | null; now: Date };

/** With the caller's progress, if there is a caller. */
export function presentState(state: QuestState, { userId, now }: Caller): QuestWithProgress {
  return { ...presentQuest(state.quest), progress: userId === null ? null : progressOf(state, now) };
}

function progressOf(state: QuestState, now: Date): QuestProgress {
  const { reasons, nextClaimAt, streak } = decideClaim(state, now);
  const { quest, standing, progress, day, timezone, submission, missing: questIds } = state;
  const isToday = quest.kind === 'daily' && reasons.includes('ALREADY_CLAIMED');
  const isCompleted = isToday || progress?.completedAt != null;
  const begun = standing || progress ? 'in_progress' : 'not_started';
  const status = isCompleted ? 'completed' : reasons.includes('ENDED') ? 'expired' : begun;
  const lastAt = isToday && standing ? standing.lastAt : null;
  return {
    status,
    count: progress?.count ?? (isToday ? 1 : 0),
    target: quest.target,
    completedAt: progress?.completedAt ?? lastAt,
    claimedAt: progress?.claimedAt ?? lastAt,
    claimable: reasons.length === 0,
    reasons,
    missing: { questIds },
    nextClaimAt,
    day,
    timezone,
    streak,
    bestStreak: standing?.best ?? 0,
    freezes: standing?.freezes ?? 0,
    submission,
  };
}
