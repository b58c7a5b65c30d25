import type { Db } from '#db/client.ts';
import { insertQuestClaim, type NewQuestClaim } from '#db/queries/quest-claims.ts';
import type { QuestState } from '#db/queries/quest-states.ts';
import { takeQuestClaim } from '#db/queries/quests.ts';
import { giveRewards } from '../../effects/give-rewards.ts';
import { recordEvent } from '../../events/record-event.ts';
import { newId } from '../../lib/ids.ts';
import { movePoints } from '../../points/steps/move-points.ts';
import { presentClaim } from '../present-claim.ts';
import { pointsOf } from '../rules.ts';
import type { NextStreak } from '../streak-rules.ts';
import { TakenMeanwhile } from './taken-meanwhile.ts';

type Claiming = {
  state: QuestState;
  /** The local day, or the first one of the period. */
  day: string;
  timezone: string;
  next: NextStreak;
  baseUrl: string;
  now: Date;
};
export type Claimed = { claim: NewQuestClaim; balance: number };

/** Gives what a claim of the quest gives, with its event: all of it or nothing. */
export async function giveClaim(tx: Db, claiming: Claiming): Promise<Claimed> {
  const { state, baseUrl, now } = claiming;
  const claim = newClaim(claiming);
  const { rewards } = state.quest;
  const { tenantId, userId, id: causeId } = claim;
  const cause = { tenantId, userId, causeType: 'quest' as const, causeId };
  if (rewards.length > 0) claim.rewards = await giveRewards(tx, { cause, rewards, baseUrl, now });
  return { claim, balance: await write(tx, { ...claiming, claim }) };
}

function newClaim({ state, day, timezone, next, now }: Claiming): NewQuestClaim {
  const { quest, membership } = state;
  if (!membership) throw new Error('a claim without a member');
  const { streak, best, freezesUsed, bonusPoints } = next;
  const { tenantId, id: questId } = quest;
  const who = { tenantId, id: newId(), questId, membershipId: membership.id, userId: membership.userId };
  const what = { day, timezone, points: pointsOf(quest), bonusPoints, streak, bestStreak: best, freezesUsed };
  return { ...who, ...what, rewards: [], createdAt: now };
}

/** It goes to the database at once; what others wait for, the counter of all members, comes last. */
async function write(tx: Db, { state, next, claim, now }: Claiming & { claim: NewQuestClaim }): Promise<number> {
  const { quest, standing } = state;
  const { tenantId, questId } = claim;
  const from = { from: standing, freezes: next.freezes, maxPerMember: quest.maxPerMember, effectId: newId() };
  const [isClaimed, balance, , isLeft] = await Promise.all([
    insertQuestClaim(tx, claim, from),
    givePoints(tx, claim),
    recordEvent(tx, { tenantId, type: 'quest.claimed', objectId: claim.id, data: presentClaim(claim), now }),
    quest.maxClaims === null || takeQuestClaim(tx, { tenantId, questId }),
  ]);
  if (!isClaimed || !isLeft) throw new TakenMeanwhile();
  return balance ?? state.membership?.points ?? 0;
}

async function givePoints(tx: Db, claim: NewQuestClaim): Promise<number | undefined> {
  const { tenantId, membershipId, points, bonusPoints, createdAt: now } = claim;
  const cause = { type: 'quest', id: claim.id };
  const moves = [
    { amount: points, reason: 'quest' as const },
    { amount: bonusPoints, reason: 'streak_bonus' as const },
  ].filter(({ amount }) => amount > 0);
  const moved = await Promise.all(moves.map((move) => movePoints(tx, { tenantId, membershipId, ...move, cause, now })));
  return moved.at(-1)?.balance;
}
