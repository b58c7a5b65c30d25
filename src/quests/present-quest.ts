import type { QuestState } from '#db/queries/quest-states.ts';
import type { QuestRow } from '#db/queries/quests.ts';
import type { Quest, QuestWithProgress } from '#schemas/quests.ts';
import { decideDaily } from './steps/decide-daily.ts';

export function presentQuest({ claims: _claims, deletedAt: _deletedAt, ...quest }: QuestRow): Quest {
  return quest;
}

/** With the caller's progress, if there is a caller. */
export function presentState(state: QuestState, caller: { userId: string | null; now: Date }): QuestWithProgress {
  const quest = presentQuest(state.quest);
  if (caller.userId === null) return { ...quest, progress: null };
  const { reasons, nextClaimAt, streak } = decideDaily(state, caller.now);
  const { day, timezone } = state;
  const claimed = reasons.includes('ALREADY_CLAIMED');
  const begun = state.streak ? 'in_progress' : 'not_started';
  const status = claimed ? 'completed' : reasons.includes('ENDED') ? 'expired' : begun;
  const { best = 0, freezes = 0 } = state.streak ?? {};
  const progress = { status, claimable: reasons.length === 0, reasons, nextClaimAt, day, timezone } as const;
  return { ...quest, progress: { ...progress, streak, bestStreak: best, freezes } };
}
