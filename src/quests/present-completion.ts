import type { ProgressRow } from '#db/queries/quest-progress.ts';
import type { Completion } from '#schemas/quest-progress.ts';
import { NO_PERIOD } from './rules.ts';

/** How far a member is in one period. */
export function presentCompletion(row: ProgressRow, target: number): Completion {
  const { id, tenantId, questId, userId, startsOn, count, completedAt, claimedAt } = row;
  const begins = startsOn === NO_PERIOD ? null : startsOn;
  return { id, tenantId, questId, userId, startsOn: begins, count, target, completedAt, claimedAt };
}
