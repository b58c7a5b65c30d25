import type { Db } from '#db/client.ts';
import { listOverdueClaimsForUpdate } from '#db/queries/coupon-claims.ts';
import { releaseClaims } from './release-claims.ts';

const BATCH = 200;

type Expiring = {
  tenantId: string;
  couponId: string;
  /** Whose own is given back, however many have run out before it. */
  userId?: string | null;
  now: Date;
};

/**
 * Gives back the claims of a coupon that have run out: whoever has held one too long keeps nobody else from it. In a
 * transaction of its own, because it ends with the counters.
 */
export async function expireOverdue(tx: Db, { now, ...coupon }: Expiring): Promise<number> {
  const claims = await listOverdueClaimsForUpdate(tx, { ...coupon, now, limit: BATCH });
  await releaseClaims(tx, { tenantId: coupon.tenantId, claims, reason: 'expired', now });
  return claims.length;
}
