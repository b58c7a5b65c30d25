import { listOverdueCoupons } from '#db/queries/coupon-claims.ts';
import { type Deps, withTx } from '../context.ts';
import { expireOverdue } from './steps/expire-overdue.ts';

const BATCH = 1_000;
const MAX_ROUNDS = 50;

/** Gives back the claims that have run out, each with its event. Says how many. */
export async function expireClaims(deps: Pick<Deps, 'db' | 'clock' | 'log'>): Promise<number> {
  const now = deps.clock.now();
  let expired = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const due = await listOverdueCoupons(deps.db, { now, limit: BATCH });
    let done = 0;
    for (const coupon of due) done += await tryExpire(deps, { ...coupon, now });
    expired += done;
    if (done === 0) break;
  }
  return expired;
}

// A coupon that fails does not hold up the others.
async function tryExpire(
  deps: Pick<Deps, 'db' | 'log'>,
  due: { tenantId: string; couponId: string; now: Date },
): Promise<number> {
  try {
    return await withTx(deps, (tx) => expireOverdue(tx, due));
  } catch (err) {
    deps.log.warn({ err, couponId: due.couponId }, 'claims of a coupon could not be expired');
    return 0;
  }
}
