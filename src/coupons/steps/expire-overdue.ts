import type { Db } from '#db/client.ts';
import { listOverdueClaimsForUpdate } from '#db/queries/coupon-claims.ts';
import { releaseClaims } from './release-claims.ts';

const BATCH = 200;

/** Gives back the claims of a coupon that have run out: whoever has held one too long keeps nobody else from it. */
export async function expireOverdue(
  tx: Db,
  { now, ...coupon }: { tenantId: string; couponId: string; now: Date },
): Promise<number> {
  const claims = await listOverdueClaimsForUpdate(tx, { ...coupon, now, limit: BATCH });
  await releaseClaims(tx, { tenantId: coupon.tenantId, claims, reason: 'expired', now });
  return claims.length;
}
