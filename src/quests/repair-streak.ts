import type { Db } from '#db/client.ts';
import {
  findQuestMemberForUpdate,
  insertQuestMember,
  type QuestMemberRow,
  updateQuestMember,
} from '#db/queries/quest-claims.ts';
import { findQuestState } from '#db/queries/quest-states.ts';
import type { RepairStreakBody, StreakState } from '#schemas/quest-progress.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { addDays } from '../lib/time.ts';
import { QUEST_NOT_ELIGIBLE } from './errors.ts';
import { saveRepair } from './steps/save-repair.ts';
import { dayBefore, repairedStreak, snapshotOf } from './streak-rules.ts';

type Input = { tenantId: string; questId: string; body: RepairStreakBody };

/** Sets a member's streak by hand: it stands as of now, so that the next day that is claimed goes on from it. */
export async function repairStreak(ctx: Ctx, { tenantId, questId, body }: Input): Promise<StreakState> {
  const now = ctx.clock.now();
  const { userId, streak, freezes, reason } = body;
  const state = await findQuestState(ctx.db, { tenantId, questId, userId, now });
  if (!state?.membership) throw new AppError(NOT_FOUND);
  if (state.quest.kind !== 'daily') throw new AppError(QUEST_NOT_ELIGIBLE, { reasons: ['WRONG_KIND'] });
  const key = { tenantId, questId, membershipId: state.membership.id };
  const { day, timezone } = state;
  return withTx(ctx, async (tx) => {
    const old = await hold(tx, { ...key, day, timezone, now });
    const after = repairedStreak(old, { streak, freezes, today: day });
    await updateQuestMember(tx, { ...key, change: after });
    const before = snapshotOf(old);
    return saveRepair({ ...ctx, db: tx }, { ...key, userId, before, after, reason, now });
  });
}

type New = { tenantId: string; questId: string; membershipId: string; day: string; timezone: string; now: Date };

/** Who never claimed begins with nothing, on the day before. */
async function hold(tx: Db, { day, timezone, now, ...key }: New): Promise<QuestMemberRow> {
  const last = { lastDay: dayBefore(day), lastAt: addDays(now, -1), lastTimezone: timezone };
  await insertQuestMember(tx, { ...key, claims: 0, streak: 0, best: 0, freezes: 0, ...last });
  const held = await findQuestMemberForUpdate(tx, key);
  if (!held) throw new Error('a standing is gone');
  return held;
}
