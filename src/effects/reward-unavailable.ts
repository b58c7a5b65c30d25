export type UnavailableReward = { kind: 'coupon' | 'product'; id: string; reasons: readonly string[] };

/** A reward that cannot be given now: what it belongs to waits, with all that it would give. */
export class RewardUnavailable extends Error {
  readonly reward: UnavailableReward;

  constructor(reward: UnavailableReward) {
    super(`a reward cannot be given: ${reward.kind} ${reward.reasons.join(' ')}`);
    this.reward = reward;
  }
}
