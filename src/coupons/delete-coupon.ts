import {
  deleteCoupon as deleteRow,
  findCouponForUpdate,
  hasClaims,
  retireOwnCode,
  updateCoupon,
} from '#db/queries/coupons.ts';
import type { DeletedCoupon } from '#schemas/coupons.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { termsOf } from './present-coupon.ts';
import { queueSync } from './steps/queue-sync.ts';

type Input = { tenantId: string; couponId: string };

/** Removes a coupon. One that was ever used is archived: nobody can use it any more, and its history stays. */
export async function deleteCoupon(ctx: Ctx, { tenantId, couponId }: Input): Promise<DeletedCoupon> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const old = await findCouponForUpdate(tx, { tenantId, couponId });
    if (!old) throw new AppError(NOT_FOUND);
    const archived = await hasClaims(tx, { tenantId, couponId });
    if (archived) {
      // Its id outside is free too: the same campaign may be made again.
      await updateCoupon(tx, { tenantId, couponId, change: { archivedAt: now, externalId: null }, now });
      await retireOwnCode(tx, { tenantId, couponId, now });
      await queueSync(tx, { tenantId, couponId, jobs: ctx.deps.jobs });
    } else {
      await deleteRow(tx, { tenantId, couponId });
    }
    const target = { type: 'coupon', id: couponId };
    await recordChange(ctx, { db: tx, tenantId, action: 'coupon.deleted', target, before: termsOf(old), now });
    return { id: couponId, deleted: true as const, archived };
  });
}
