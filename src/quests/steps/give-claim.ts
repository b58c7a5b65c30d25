import type { Db } from '#db/client.ts';
import { insertQuestClaim, type NewQuestClaim, saveQuestMember } from '#db/queries/quest-claims.ts';
import type { QuestState } from '#db/queries/quest-states.ts';
import { takeQuestClaim } from '#db/queries/quests.ts';
import { giveRewards } from '../../effects/give-rewards.ts';
import { recordEffects } from '../../effects/record-effects.ts';
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
  const { tenantId, questId, membershipId, userId, day, timezone, points, bonusPoints } = claim;
  const { streak, best, freezes } = next;
  const last = { lastDay: day, lastAt: now, lastTimezone: timezone };
  const row = { tenantId, questId, membershipId, streak, best, freezes, ...last };
  const given = [{ targetId: membershipId, quantity: points + bonusPoints }];
  const cause = { tenantId, causeType: 'quest' as const, causeId: claim.id, userId, now };
  const [isFirst, isNext, balance, , , isLeft] = await Promise.all([
    insertQuestClaim(tx, claim),
    saveQuestMember(tx, { ...row, from: standing, maxPerMember: quest.maxPerMember }),
    givePoints(tx, claim),
    points + bonusPoints > 0 && recordEffects(tx, { ...cause, kind: 'points', given }),
    recordEvent(tx, { tenantId, type: 'quest.claimed', objectId: claim.id, data: presentClaim(claim), now }),
    quest.maxClaims === null || takeQuestClaim(tx, { tenantId, questId }),
  ]);
  if (!isFirst || !isNext || !isLeft) throw new TakenMeanwhile();
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
