import { findPointsPurchase, setPurchaseRefunded } from '#db/queries/points-purchases.ts';
import type { PointsPurchaseAnswer } from '#schemas/points.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { takeBackEffects } from '../effects/take-back-effects.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { PURCHASE_REFUNDED } from './errors.ts';
import { presentPurchase } from './present-purchase.ts';
import { movePoints } from './steps/move-points.ts';

type Input = { tenantId: string; purchaseId: string };

/** Gives the points back and takes back what they bought, once. */
export async function refundPurchase(ctx: Ctx, { tenantId, purchaseId }: Input): Promise<PointsPurchaseAnswer> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const row = await setPurchaseRefunded(tx, { tenantId, purchaseId, now });
    if (!row) {
      const isThere = await findPointsPurchase(tx, { tenantId, purchaseId });
      throw new AppError(isThere ? PURCHASE_REFUNDED : NOT_FOUND);
    }
    const cause = { type: 'purchase', id: purchaseId };
    const { membershipId, points: amount } = row;
    // First, as in the purchase: whoever has the member's row goes for the product next.
    const moved = await movePoints(tx, { tenantId, membershipId, amount, reason: 'purchase_refund', cause, now });
    if (!moved) throw new Error('points could not be given back');
    const { jobs } = ctx.deps;
    const by = `refund:${purchaseId}`;
    await takeBackEffects(tx, { tenantId, causeType: 'purchase', causeId: purchaseId, jobs, by, now });
    const target = { type: 'pointsPurchase', id: purchaseId };
    const [before, after] = [{ status: 'completed' }, { status: row.status }];
    await recordChange(ctx, { db: tx, tenantId, action: 'pointsPurchase.refunded', target, before, after, now });
    return { purchase: presentPurchase(row), balance: moved.balance };
  });
}
