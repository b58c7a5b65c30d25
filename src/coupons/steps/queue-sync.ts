import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { listStripeCoupons } from '#db/queries/stripe-coupons.ts';

type Syncing = { tenantId: string; couponId: string; jobs: Jobs };

/** The processor hears of a change of the coupon, if it knows the coupon. */
export async function queueSync(tx: Db, { jobs, ...coupon }: Syncing): Promise<void> {
  const known = await listStripeCoupons(tx, coupon);
  if (known.length > 0) await jobs.enqueue(tx, 'syncCoupon', coupon);
}
