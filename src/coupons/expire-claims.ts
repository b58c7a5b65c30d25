import { listOverdueCoupons } from '#db/queries/coupon-claims.ts';
import { type Deps, withTx } from '../context.ts';
import { workOff } from '../lib/work-off.ts';
import { expireOverdue } from './steps/expire-overdue.ts';

/** Gives back the claims that have run out, each with its event. Says how many. */
export function expireClaims(deps: Pick<Deps, 'db' | 'clock' | 'log'>): Promise<number> {
  const now = deps.clock.now();
  return workOff({
    batch: 1_000,
    rounds: 50,
    list: (limit) => listOverdueCoupons(deps.db, { now, limit }),
    work: (coupon) => withTx(deps, (tx) => expireOverdue(tx, { ...coupon, now })),
    onError: (err, { couponId }) => deps.log.warn({ err, couponId }, 'claims of a coupon could not be expired'),
  });
}
