import type { Db } from '#db/client.ts';
import { findMembershipForUpdate } from '#db/queries/memberships.ts';
import type { Adjustment, AdjustPointsBody } from '#schemas/points.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { TOO_FEW_POINTS } from './errors.ts';
import { presentEntry } from './present-entry.ts';
import { movePoints } from './steps/move-points.ts';

type Input = { tenantId: string; body: AdjustPointsBody };

/** Gives or takes points by hand, with a reason that the member can read. */
export async function adjustPoints(ctx: Ctx, { tenantId, body }: Input): Promise<Adjustment> {
  const now = ctx.clock.now();
  const { userId, amount, note } = body;
  return withTx(ctx, async (tx) => {
    const membership = await findMembershipForUpdate(tx, { tenantId, userId });
    if (!membership) throw new AppError(NOT_FOUND);
    const { id: membershipId, points } = membership;
    const moving = { tenantId, membershipId, amount, reason: 'adjustment' as const, note, cause: null, now };
    const moved = await movePoints(tx, moving);
    if (!moved) throw new AppError(TOO_FEW_POINTS, { balance: await balanceOf(tx, { tenantId, userId }) });
    const target = { type: 'membership', id: membershipId };
    const [before, after] = [{ points }, { points: moved.balance, note }];
    await recordChange(ctx, { db: tx, tenantId, action: 'points.adjusted', target, before, after, now });
    return { entry: presentEntry(moved.entry), balance: moved.balance };
  });
}

// After what has expired by now.
async function balanceOf(tx: Db, key: { tenantId: string; userId: string }): Promise<number> {
  return (await findMembershipForUpdate(tx, key))?.points ?? 0;
}
