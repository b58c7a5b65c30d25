import type { QuestReason } from '#schemas/quests.ts';

type Terms = {
  active: boolean;
  startsAt: Date | null;
  endsAt: Date | null;
  maxClaims: number | null;
  claims: number;
  tierIds: readonly string[];
};
/** Who asks: null for who is no member now. */
export type Asking = { member: { tierId: string } | null; now: Date };

/** Everything but the days: why the quest cannot be claimed. */
export function questFaults(quest: Terms, { member, now }: Asking): QuestReason[] {
  const faults: [QuestReason, boolean][] = [
    ['PAUSED', !quest.active],
    ['NOT_STARTED', quest.startsAt !== null && now < quest.startsAt],
    ['ENDED', hasEnded(quest, now)],
    ['NOT_A_MEMBER', member === null],
    ['TIER_REQUIRED', member !== null && quest.tierIds.length > 0 && !quest.tierIds.includes(member.tierId)],
    ['CLAIM_LIMIT', quest.maxClaims !== null && quest.claims >= quest.maxClaims],
  ];
  return faults.flatMap(([reason, holds]) => (holds ? [reason] : []));
}

export function hasEnded({ endsAt }: Pick<Terms, 'endsAt'>, now: Date): boolean {
  return endsAt !== null && now >= endsAt;
}
