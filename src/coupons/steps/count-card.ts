import type { Db } from '#db/client.ts';
import { listClaimsOfPaymentForUpdate, updateClaim } from '#db/queries/coupon-claims.ts';
import { addUses } from '#db/queries/coupon-uses.ts';
import { counterOf } from '../rules.ts';

type Counting = { tenantId: string; paymentId: string; fingerprint: string };

/** The card that paid is one more name of whoever used the coupons of the payment. It is counted once. */
export async function countCard(tx: Db, { tenantId, paymentId, fingerprint }: Counting): Promise<void> {
  const identity = `card:${fingerprint}`;
  for (const claim of await listClaimsOfPaymentForUpdate(tx, { tenantId, paymentId })) {
    const isCounted = claim.uses.some((use) => use.identity === identity);
    if (counterOf(claim.status) === null || isCounted) continue;
    const own = claim.uses.filter((use) => use.identity.startsWith('user:'));
    const uses = own.map((use) => ({ ...use, identity }));
    if (uses.length === 0) continue;
    await addUses(tx, { tenantId, uses });
    await updateClaim(tx, { tenantId, claimId: claim.id, change: { uses: [...claim.uses, ...uses] } });
  }
}
