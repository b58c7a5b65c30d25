import type { Db } from '#db/client.ts';
import { listClaimsOfPaymentForUpdate, updateClaim } from '#db/queries/coupon-claims.ts';
import { moveCounters } from '#db/queries/coupon-uses.ts';
import { findTenant } from '#db/queries/tenants.ts';
import { recordEvent } from '../../events/record-event.ts';
import { localDay } from '../../lib/zoned-time.ts';
import { presentClaim } from '../present-claim.ts';

/** The payment has succeeded: the uses that it reserved are redeemed. */
export async function redeemClaims(
  tx: Db,
  { tenantId, paymentId, now }: { tenantId: string; paymentId: string; now: Date },
): Promise<void> {
  const held = await listClaimsOfPaymentForUpdate(tx, { tenantId, paymentId });
  const reserved = held.filter(({ status }) => status === 'reserved');
  if (reserved.length === 0) return;
  const tenant = await findTenant(tx, tenantId);
  const redeemedOn = localDay(tenant?.timezone ?? 'UTC', now);
  for (const { id: claimId, couponId } of reserved) {
    const change = { status: 'redeemed' as const, redeemedAt: now, redeemedOn };
    const claim = await updateClaim(tx, { tenantId, claimId, change });
    await moveCounters(tx, { tenantId, couponId, reserved: -1, redeemed: 1 });
    const data = presentClaim(claim);
    await recordEvent(tx, { tenantId, type: 'coupon.redeemed', objectId: claimId, data, now });
  }
}
