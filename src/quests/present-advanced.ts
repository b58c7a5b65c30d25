import type { NewQuestClaim } from '#db/queries/quest-claims.ts';
import type { ProgressRow } from '#db/queries/quest-progress.ts';
import type { CompletionAnswer } from '#schemas/quest-progress.ts';
import { presentClaim } from './present-claim.ts';
import { presentCompletion } from './present-completion.ts';

type Advanced = { progress: ProgressRow; claim: NewQuestClaim | null; balance: number };

/** What a step came to, as its member sees it. */
export function presentAdvanced({ progress, claim, balance }: Advanced, target: number): CompletionAnswer {
  return { completion: presentCompletion(progress, target), claim: claim && presentClaim(claim), balance };
}
