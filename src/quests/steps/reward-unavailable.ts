import { AppError } from '../../lib/errors.ts';
import { QUEST_NOT_ELIGIBLE } from '../errors.ts';

export type UnavailableReward = { kind: 'coupon' | 'product'; id: string; reasons: readonly string[] };

/** A reward that cannot be given now: the claim waits, with all that it would give. */
export class RewardUnavailable extends Error {
  readonly reward: UnavailableReward;

  constructor(reward: UnavailableReward) {
    super(`a reward cannot be given: ${reward.kind} ${reward.reasons.join(' ')}`);
    this.reward = reward;
  }
}

/** Says so to who asked for the claim. */
export async function withRewards<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RewardUnavailable)) throw error;
    throw new AppError(QUEST_NOT_ELIGIBLE, { reasons: ['REWARD_UNAVAILABLE'], reward: error.reward });
  }
}
