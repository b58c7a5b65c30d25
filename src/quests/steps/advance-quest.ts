import type { Db } from '#db/client.ts';
import type { NewQuestClaim } from '#db/queries/quest-claims.ts';
import { markProgressClaimed, type ProgressRow, stepProgress } from '#db/queries/quest-progress.ts';
import type { QuestState } from '#db/queries/quest-states.ts';
import { RewardUnavailable } from '../../effects/reward-unavailable.ts';
import { recordEvent } from '../../events/record-event.ts';
import { newId } from '../../lib/ids.ts';
import { zoneRest } from '../claim-rules.ts';
import { presentCompletion } from '../present-completion.ts';
import { giveClaim } from './give-claim.ts';
import { TakenMeanwhile } from './taken-meanwhile.ts';

type Advancing = {
  state: QuestState;
  /** The period that it counts for. */
  startsOn: string;
  timezone: string;
  /** Whether it is counted beyond the target. */
  goesOn: boolean;
  baseUrl: string;
  now: Date;
};
export type Advanced = { progress: ProgressRow; claim: NewQuestClaim | null; balance: number };

/** One step towards the target. Who reaches it has completed the quest, and gets its rewards at once unless they are claimed. */
export async function advanceQuest(tx: Db, advancing: Advancing): Promise<Advanced> {
  const { state, startsOn, timezone, goesOn, now } = advancing;
  const { quest, membership } = state;
  if (!membership) throw new Error('a step without a member');
  const { tenantId, id: questId, target } = quest;
  const { id: membershipId, userId, points: balance } = membership;
  const who = { tenantId, id: newId(), questId, membershipId, userId };
  const stepped = await stepProgress(tx, { ...who, startsOn, timezone, target, goesOn, now });
  if (!stepped) throw new TakenMeanwhile();
  const { isCompletedNow, ...progress } = stepped;
  if (!isCompletedNow) return { progress, claim: null, balance };
  const data = presentCompletion(progress, target);
  await recordEvent(tx, { tenantId, type: 'quest.completed', objectId: progress.id, data, now });
  const claimed = quest.autoClaim ? await tryClaim(tx, { ...advancing, progress }) : null;
  return claimed ?? { progress, claim: null, balance };
}

type Completed = Advancing & { progress: ProgressRow };

/** What cannot be given now can be claimed later: the completion stands. */
async function tryClaim(tx: Db, { progress, ...advancing }: Completed): Promise<Advanced | null> {
  const { state, timezone, now } = advancing;
  if (zoneRest(state, { timezone, now })) return null;
  try {
    return await tx.transaction((step) => claimCompleted(step as unknown as Db, { ...advancing, progress }));
  } catch (error) {
    if (error instanceof RewardUnavailable) return null;
    throw error;
  }
}

/** Gives what was completed and not claimed yet, once. */
export async function claimCompleted(tx: Db, { progress, ...advancing }: Completed): Promise<Advanced> {
  const { state, startsOn, timezone, baseUrl, now } = advancing;
  const { tenantId } = state.quest;
  const claimed = await markProgressClaimed(tx, { tenantId, progressId: progress.id, now });
  if (!claimed) throw new TakenMeanwhile();
  const best = state.standing?.best ?? 0;
  const next = { streak: 0, best, freezes: state.standing?.freezes ?? 0, freezesUsed: 0, bonusPoints: 0 };
  const given = await giveClaim(tx, { state, day: startsOn, timezone, next, baseUrl, now });
  return { progress: claimed, ...given };
}
