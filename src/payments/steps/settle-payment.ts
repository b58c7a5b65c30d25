import type { Db } from '#db/client.ts';
import { insertOwnedProducts } from '#db/queries/owned-products.ts';
import { type PaymentRow, setPaymentSucceeded } from '#db/queries/payments.ts';
import { redeemClaims } from '../../coupons/steps/redeem-claims.ts';
import { recordEffects } from '../../effects/record-effects.ts';
import { recordEvent } from '../../events/record-event.ts';
import { newId } from '../../lib/ids.ts';
import { setMembership } from '../../memberships/steps/set-membership.ts';
import { convertPayment } from '../../referrals/steps/convert-payment.ts';
import { presentPayment } from '../present-payment.ts';

type Settling = { payment: PaymentRow; now: Date };

/** The money is there: what was bought is given, once, with its effects and its event. The caller holds the row. */
export async function settlePayment(tx: Db, { payment, now }: Settling): Promise<PaymentRow> {
  const { tenantId, id: paymentId } = payment;
  const row = await setPaymentSucceeded(tx, { tenantId, paymentId, now });
  await giveProducts(tx, { payment: row, now });
  await giveTier(tx, { payment: row, now });
  if (row.coupons !== null) await redeemClaims(tx, { tenantId, paymentId, now });
  await convertPayment(tx, { payment: row, now });
  const data = presentPayment(row);
  await recordEvent(tx, { tenantId, type: 'payment.succeeded', objectId: paymentId, data, now });
  return row;
}

async function giveProducts(tx: Db, { payment, now }: Settling): Promise<void> {
  const { tenantId, userId, id: causeId } = payment;
  const bought = payment.items.flatMap(({ productId, quantity }) => (productId ? [{ productId, quantity }] : []));
  if (bought.length === 0) return;
  const items = bought.map((one) => ({ ...one, id: newId() }));
  await insertOwnedProducts(tx, { tenantId, userId, source: 'payment', sourceId: causeId, acquiredAt: now, items });
  const given = bought.map(({ productId, quantity }) => ({ targetId: productId, quantity }));
  await recordEffects(tx, { tenantId, causeType: 'payment', causeId, userId, kind: 'product', given, now });
}

/** A tier that is paid once is kept for good. */
async function giveTier(tx: Db, { payment, now }: Settling): Promise<void> {
  const { tenantId, userId, id: causeId, kind } = payment;
  const tierId = payment.items[0]?.tierId;
  if (kind !== 'membership' || !tierId) return;
  const forGood = { expiresAt: null, endsAt: null, cancelAtPeriodEnd: false, subscriptionId: null };
  await setMembership(tx, { tenantId, userId, paid: { tierId, status: 'active', ...forGood }, now });
  const given = [{ targetId: tierId, quantity: 1 }];
  await recordEffects(tx, { tenantId, causeType: 'payment', causeId, userId, kind: 'membership', given, now });
}
