import type { Db } from '#db/client.ts';
import { insertQuestClaim, type QuestClaimRow, saveStreak } from '#db/queries/quest-claims.ts';
import { findQuestState, type QuestState } from '#db/queries/quest-states.ts';
import { takeQuestClaim } from '#db/queries/quests.ts';
import type { DailyClaimAnswer } from '#schemas/quests.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { recordEffects } from '../effects/record-effects.ts';
import { recordEvent } from '../events/record-event.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { movePoints } from '../points/steps/move-points.ts';
import { ALREADY_CLAIMED, QUEST_NOT_ELIGIBLE } from './errors.ts';
import { decideDaily } from './steps/decide-daily.ts';
import { type NextStreak, nextStreak, type Today } from './streak-rules.ts';

type Input = { tenantId: string; questId: string };
type Claiming = { state: QuestState; membershipId: string; userId: string; today: Today; next: NextStreak };

class TakenMeanwhile extends Error {}

/** One claim a local day: of many at once one gets it, and the others are told when the next day begins. */
export async function claimDaily(ctx: Ctx<UserActor>, input: Input): Promise<DailyClaimAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await claimOnce(ctx, input);
    } catch (error) {
      if (!(error instanceof TakenMeanwhile) || attempt === 3) throw error;
    }
  }
}

async function claimOnce(ctx: Ctx<UserActor>, input: Input): Promise<DailyClaimAnswer> {
  const now = ctx.clock.now();
  const { userId } = ctx.actor;
  const state = await findQuestState(ctx.db, { ...input, userId, now });
  if (!state) throw new AppError(NOT_FOUND);
  const { reasons, nextClaimAt, today } = decideDaily(state, now);
  if (nextClaimAt && reasons.length === 1 && reasons[0] === 'ALREADY_CLAIMED') {
    throw new AppError(ALREADY_CLAIMED, { nextClaimAt });
  }
  if (reasons.length > 0 || !state.membership) throw new AppError(QUEST_NOT_ELIGIBLE, { reasons, nextClaimAt });
  const next = nextStreak(state.streak, today, state.quest.streak);
  const { id: membershipId, points } = state.membership;
  return withTx(ctx, async (tx) => {
    const { claim, balance } = await take(tx, { state, membershipId, userId, today, next });
    const { id, day, streak, bestStreak, bonusPoints } = claim;
    const answer = { id, day, points: claim.points, streak, bestStreak, bonusPoints };
    return { claim: answer, balance: balance ?? points, nextClaimAt: state.tomorrowAt };
  });
}

function newClaim({ state, membershipId, userId, today, next }: Claiming): QuestClaimRow {
  const { tenantId, id: questId, points } = state.quest;
  const { day, timezone, at } = today;
  const { streak, best, freezesUsed, bonusPoints } = next;
  const who = { tenantId, id: newId(), questId, membershipId, userId, createdAt: at };
  return { ...who, day, timezone, points, bonusPoints, streak, bestStreak: best, freezesUsed };
}

/** All of it goes to the database at once; what others wait for, the counter of all members, comes last. */
async function take(tx: Db, claiming: Claiming): Promise<{ claim: QuestClaimRow; balance: number | undefined }> {
  const { state, today, next } = claiming;
  const claim = newClaim(claiming);
  const { membershipId, createdAt: _createdAt, ...shown } = claim;
  const { tenantId, questId, userId } = claim;
  const { day: lastDay, timezone: lastTimezone, at: now } = today;
  const { streak, best, freezes } = next;
  const row = { tenantId, questId, membershipId, streak, best, freezes, lastDay, lastAt: now, lastTimezone };
  const given = [{ targetId: membershipId, quantity: claim.points + claim.bonusPoints }];
  const effects = {
    tenantId,
    causeType: 'quest' as const,
    causeId: claim.id,
    kind: 'points' as const,
    userId,
    given,
    now,
  };
  const data = { ...shown, createdAt: now };
  const [isFirst, isNext, moved, , , isLeft] = await Promise.all([
    insertQuestClaim(tx, claim),
    saveStreak(tx, { ...row, fromDay: state.streak?.lastDay ?? null }),
    givePoints(tx, claim),
    given[0]?.quantity ? recordEffects(tx, effects) : undefined,
    recordEvent(tx, { tenantId, type: 'quest.claimed', objectId: claim.id, data, now }),
    state.quest.maxClaims === null || takeQuestClaim(tx, { tenantId, questId }),
  ]);
  if (!isFirst || !isNext || !isLeft) throw new TakenMeanwhile();
  return { claim, balance: moved };
}

async function givePoints(tx: Db, claim: QuestClaimRow): Promise<number | undefined> {
  const { tenantId, membershipId, points, bonusPoints, createdAt: now } = claim;
  const cause = { type: 'questClaim', id: claim.id };
  const moves = [
    { amount: points, reason: 'quest' as const },
    { amount: bonusPoints, reason: 'streak_bonus' as const },
  ].filter(({ amount }) => amount > 0);
  const moved = await Promise.all(moves.map((move) => movePoints(tx, { tenantId, membershipId, ...move, cause, now })));
  return moved.at(-1)?.balance;
}
