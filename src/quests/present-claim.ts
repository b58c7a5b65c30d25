import type { NewQuestClaim } from '#db/queries/quest-claims.ts';
import type { QuestClaim } from '#schemas/quest-progress.ts';

/** A claim as its member sees it. */
export function presentClaim({ membershipId: _membershipId, ...claim }: NewQuestClaim): QuestClaim {
  return claim;
}
