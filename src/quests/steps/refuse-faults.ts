import type { QuestState } from '#db/queries/quest-states.ts';
import type { QuestReason } from '#schemas/quests.ts';
import { AppError } from '../../lib/errors.ts';
import { ALREADY_CLAIMED, QUEST_NOT_ELIGIBLE } from '../errors.ts';

type Decision = { reasons: QuestReason[]; nextClaimAt: Date | null };

/** Refuses with everything that speaks against it; what was just claimed already has a code of its own. */
export function refuseFaults({ missing }: QuestState, { reasons, nextClaimAt }: Decision): void {
  if (reasons.length === 0) return;
  if (reasons.length === 1 && reasons[0] === 'ALREADY_CLAIMED') throw new AppError(ALREADY_CLAIMED, { nextClaimAt });
  throw new AppError(QUEST_NOT_ELIGIBLE, { reasons, missing: { questIds: missing }, nextClaimAt });
}
