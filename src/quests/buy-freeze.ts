import { addFreeze } from '#db/queries/quest-claims.ts';
import { findQuestState } from '#db/queries/quest-states.ts';
import type { FreezeAnswer } from '#schemas/quest-progress.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { TOO_FEW_POINTS } from '../points/errors.ts';
import { movePoints } from '../points/steps/move-points.ts';
import { baseFaults } from './claim-rules.ts';
import { FREEZES_FULL, FREEZES_NOT_SOLD, NO_STREAK } from './errors.ts';
import { refuseFaults } from './steps/refuse-faults.ts';

type Input = { tenantId: string; questId: string };

/** One freeze for the caller's streak, for points. Of many at once no more are sold than can be kept and paid for. */
export async function buyFreeze(ctx: Ctx<UserActor>, input: Input): Promise<FreezeAnswer> {
  const now = ctx.clock.now();
  const { tenantId, questId } = input;
  const state = await findQuestState(ctx.db, { ...input, userId: ctx.actor.userId, now });
  if (!state) throw new AppError(NOT_FOUND);
  const { price, max } = state.quest.streak?.freezes ?? { price: null, max: 0 };
  if (price === null) throw new AppError(FREEZES_NOT_SOLD);
  refuseFaults(state, { reasons: baseFaults(state, now), nextClaimAt: null });
  const { membership } = state;
  if (!membership || !state.standing) throw new AppError(NO_STREAK);
  const membershipId = membership.id;
  return withTx(ctx, async (tx) => {
    const freezes = await addFreeze(tx, { tenantId, questId, membershipId, max });
    if (freezes === undefined) throw new AppError(FREEZES_FULL, { max });
    const cause = { type: 'freeze', id: newId() };
    const moved = await movePoints(tx, { tenantId, membershipId, amount: -price, reason: 'freeze', cause, now });
    if (!moved) throw new AppError(TOO_FEW_POINTS, { balance: membership.points });
    return { freezes, balance: moved.balance };
  });
}
