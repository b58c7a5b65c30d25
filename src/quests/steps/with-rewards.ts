import { RewardUnavailable } from '../../effects/reward-unavailable.ts';
import { AppError } from '../../lib/errors.ts';
import { QUEST_NOT_ELIGIBLE } from '../errors.ts';

/** Says so to who asked for the claim when a reward of it cannot be given. */
export async function withRewards<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RewardUnavailable)) throw error;
    throw new AppError(QUEST_NOT_ELIGIBLE, { reasons: ['REWARD_UNAVAILABLE'], reward: error.reward });
  }
}
