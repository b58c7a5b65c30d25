import { countRedemptions, listBusyCoupons } from '#db/queries/coupon-reports.ts';
import { findCoupon, pauseCoupon } from '#db/queries/coupons.ts';
import { listOwnerIds } from '#db/queries/team.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Deps, withTx } from '../context.ts';
import { recordEvent } from '../events/record-event.ts';
import { addSeconds } from '../lib/time.ts';
import { decidePause } from './pause-rules.ts';
import { presentCoupon, termsOf } from './present-coupon.ts';
import { queueSync } from './steps/queue-sync.ts';

type Busy = { tenantId: string; couponId: string; lastHour: number };

const HOUR_SECONDS = 3_600;
const WEEK_SECONDS = 7 * 86_400;
const AT_ONCE = 100;
const SYSTEM = { actor: { type: 'anonymous' }, requestId: 'coupons', ipAddress: null } as const;

/** Pauses the coupons that are redeemed abnormally often, and tells the owners of their brands. Says how many. */
export async function pauseAbnormal(deps: Pick<Deps, 'db' | 'clock' | 'jobs' | 'log'>): Promise<number> {
  const now = deps.clock.now();
  const since = addSeconds(now, -HOUR_SECONDS);
  let paused = 0;
  for (const busy of await listBusyCoupons(deps.db, { since, now, limit: AT_ONCE })) {
    try {
      if (await pauseIfAbnormal(deps, { ...busy, since, now })) paused += 1;
    } catch (err) {
      deps.log.warn({ err, couponId: busy.couponId }, 'a coupon could not be looked at');
    }
  }
  return paused;
}

type Looking = Busy & { since: Date; now: Date };

async function pauseIfAbnormal(deps: Pick<Deps, 'db' | 'jobs'>, looking: Looking): Promise<boolean> {
  const { tenantId, couponId, lastHour, since, now } = looking;
  const coupon = await findCoupon(deps.db, { tenantId, couponId });
  if (!coupon?.autoPause) return false;
  const from = addSeconds(since, -WEEK_SECONDS);
  const weekBefore = await countRedemptions(deps.db, { tenantId, couponId, from, to: since });
  const normal = decidePause(coupon.autoPause, { lastHour, weekBefore }, { coupon, now });
  if (normal === null) return false;
  const reason = `Redeemed ${lastHour} times within an hour; fewer than ${normal} were expected`;
  return withTx(deps, async (tx) => {
    const { version } = coupon;
    const terms = await pauseCoupon(tx, { tenantId, couponId, version, reason, rate: lastHour, now });
    if (!terms) return false;
    const row = { ...coupon, ...terms };
    const [target, before, after] = [{ type: 'coupon', id: couponId }, termsOf(coupon), termsOf(row)];
    await recordChange(SYSTEM, { db: tx, tenantId, action: 'coupon.paused', target, before, after, now });
    const data = presentCoupon(row);
    await recordEvent(tx, { tenantId, type: 'coupon.paused', objectId: couponId, data, now });
    await queueSync(tx, { tenantId, couponId, jobs: deps.jobs });
    for (const userId of await listOwnerIds(tx, tenantId)) {
      await deps.jobs.enqueue(tx, 'mail', { kind: 'coupon', tenantId, userId, couponId });
    }
    return true;
  });
}
