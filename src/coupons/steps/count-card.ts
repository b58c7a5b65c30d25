import type { Db } from '#db/client.ts';
import { listClaimsOfPaymentForUpdate, updateClaim } from '#db/queries/coupon-claims.ts';
import { addUses } from '#db/queries/coupon-uses.ts';
import { counterOf } from '../rules.ts';

type Counting = { tenantId: string; paymentId: string; fingerprint: string };

/** The card that paid is one more name of whoever used the coupons of the payment. It is counted once. */
export async function countCard(tx: Db, { tenantId, paymentId, fingerprint }: Counting): Promise<void> {
  const identity = `card:${fingerprint}`;
  const claims = await listClaimsOfPaymentForUpdate(tx, { tenantId, paymentId });
  const counted = claims.flatMap(({ id: claimId, status, uses }) => {
    const isCounted = uses.some((use) => use.identity === identity);
    if (counterOf(status) === null || isCounted) return [];
    const own = uses.filter((use) => use.identity.startsWith('user:'));
    return [{ claimId, uses, more: own.map((use) => ({ ...use, identity })) }];
  });
  const all = counted.flatMap(({ more }) => more);
  if (all.length === 0) return;
  await addUses(tx, { tenantId, uses: all });
  for (const { claimId, uses, more } of counted) {
    await updateClaim(tx, { tenantId, claimId, change: { uses: [...uses, ...more] } });
  }
}
