import { listOverdueNamed } from '#db/queries/coupon-claims.ts';
import type { AskedCoupon } from '#schemas/payments.ts';
import { type Ctx, withTx } from '../../context.ts';
import { codeKeyOf } from '../rules.ts';
import { expireOverdue } from './expire-overdue.ts';
import { withSecondTry } from './taken-meanwhile.ts';

type Asking = { tenantId: string; userId: string; asked: readonly AskedCoupon[] };

/**
 * Does what takes the coupons that somebody names, once more when somebody was faster. What has run out of them is given
 * back before, each time.
 */
export function withCoupons<Result>(ctx: Ctx, asking: Asking, work: () => Promise<Result>): Promise<Result> {
  return withSecondTry(async () => {
    if (asking.asked.length > 0) await clearOverdue(ctx, asking);
    return work();
  });
}

async function clearOverdue(ctx: Ctx, { tenantId, userId, asked }: Asking): Promise<void> {
  const now = ctx.clock.now();
  const codeKeys = asked.flatMap((one) => ('code' in one ? (codeKeyOf(one.code) ?? []) : []));
  const claimIds = asked.flatMap((one) => ('claimId' in one ? one.claimId : []));
  for (const couponId of await listOverdueNamed(ctx.db, { tenantId, codeKeys, claimIds, now })) {
    await withTx(ctx, (tx) => expireOverdue(tx, { tenantId, couponId, userId, now }));
  }
}
