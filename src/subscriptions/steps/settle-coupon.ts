import type { Db } from '#db/client.ts';
import { type ClaimRow, findClaimOfSubscription, listClaimsForUpdate, updateClaim } from '#db/queries/coupon-claims.ts';
import type { PaymentRow } from '#db/queries/payments.ts';
import type { SubscriptionRow } from '#db/queries/subscriptions.ts';
import { redeemClaims } from '../../coupons/steps/redeem-claims.ts';
import { releaseClaims } from '../../coupons/steps/release-claims.ts';
import { recordEffects } from '../../effects/record-effects.ts';

type OfSubscription = { tenantId: string; subscriptionId: string };

/** The claim of the subscription, held, if it waits for a payment. */
async function holdReserved(tx: Db, { tenantId, subscriptionId }: OfSubscription): Promise<ClaimRow | undefined> {
  const seen = await findClaimOfSubscription(tx, { tenantId, subscriptionId });
  if (seen?.status !== 'reserved') return undefined;
  const [held] = await listClaimsForUpdate(tx, { tenantId, claimIds: [seen.id] });
  return held?.status === 'reserved' ? held : undefined;
}

type Redeeming = { row: SubscriptionRow; payment: PaymentRow; now: Date };

/**
 * The first invoice of the subscription is paid: its coupon is redeemed, as an effect of that payment. One that has taken
 * nothing off it is not used up.
 */
export async function redeemCoupon(tx: Db, { row, payment, now }: Redeeming): Promise<void> {
  const { tenantId, id: subscriptionId } = row;
  const claim = await holdReserved(tx, { tenantId, subscriptionId });
  if (!claim) return;
  const { id: paymentId, userId, subtotal, discount, currency } = payment;
  if (discount === 0) {
    await releaseClaims(tx, { tenantId, claims: [claim], reason: 'payment', now });
    return;
  }
  await updateClaim(tx, { tenantId, claimId: claim.id, change: { paymentId, subtotal, discount, currency } });
  await redeemClaims(tx, { tenantId, paymentId, now });
  const given = [{ targetId: claim.id, quantity: 1 }];
  await recordEffects(tx, { tenantId, causeType: 'payment', causeId: paymentId, userId, kind: 'coupon', given, now });
}

/** Nobody pays for the subscription any more: what it held of a coupon is given back. */
export async function releaseCoupon(tx: Db, { now, ...key }: OfSubscription & { now: Date }): Promise<void> {
  const claim = await holdReserved(tx, key);
  if (claim) await releaseClaims(tx, { tenantId: key.tenantId, claims: [claim], reason: 'payment', now });
}
