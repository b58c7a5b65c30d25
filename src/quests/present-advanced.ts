import type { CompletionAnswer } from '#schemas/quest-progress.ts';
import { presentClaim } from './present-claim.ts';
import { presentCompletion } from './present-completion.ts';
import type { Advanced } from './steps/advance-quest.ts';

/** What a step came to, as its member sees it. */
export function presentAdvanced({ progress, claim, balance }: Advanced, target: number): CompletionAnswer {
  return { completion: presentCompletion(progress, target), claim: claim && presentClaim(claim), balance };
}
