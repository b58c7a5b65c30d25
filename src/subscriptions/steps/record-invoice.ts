import type { Db } from '#db/client.ts';
import { findClaimOfSubscription } from '#db/queries/coupon-claims.ts';
import { findCoupon } from '#db/queries/coupons.ts';
import { endEarlierEffects } from '#db/queries/effects.ts';
import { hasInvoicePayment, insertInvoicePayment, type PaymentRow } from '#db/queries/payments.ts';
import type { SubscriptionRow } from '#db/queries/subscriptions.ts';
import { findTier } from '#db/queries/tiers.ts';
import type { PaymentCoupon } from '#schemas/payments.ts';
import type { CardInvoice } from '../../clients/card-payments.ts';
import { withTx } from '../../context.ts';
import { recordEffects } from '../../effects/record-effects.ts';
import { recordEvent } from '../../events/record-event.ts';
import { newId } from '../../lib/ids.ts';
import { newTrackingId } from '../../lib/tracking-id.ts';
import { presentPayment } from '../../payments/present-payment.ts';
import { queueRefund } from '../../payments/steps/queue-refund.ts';
import { convertPayment } from '../../referrals/steps/convert-payment.ts';
import { isOver } from '../rules.ts';
import { redeemCoupon } from './settle-coupon.ts';
import type { SubscriptionDeps } from './sync-subscription.ts';

type Recording = { row: SubscriptionRow; invoiceId: string };

/** Money that a subscription has brought is a payment of its own, once for each invoice: it can be refunded as any other. */
export async function recordInvoice(deps: SubscriptionDeps, { row, invoiceId }: Recording): Promise<void> {
  const { tenantId, account } = row;
  if (await hasInvoicePayment(deps.db, { tenantId, invoiceId })) return;
  const invoice = await deps.cards.findInvoice({ account, invoiceId });
  // One that a coupon pays whole is a payment too; one of a trial is none.
  const isWorth = invoice.amountPaid > 0 || (invoice.isForPeriod && invoice.discount > 0);
  if (invoice.status !== 'paid' || !isWorth) return;
  const now = deps.clock.now();
  await withTx(deps, async (tx) => {
    const payment = await insertInvoicePayment(tx, await paymentOf(tx, { row, invoice, now }));
    if (!payment) return;
    if (invoice.isForPeriod) await redeemCoupon(tx, { row, payment, now });
    // Told late, a period that is over gives nothing that could be taken back.
    const isCurrent = invoice.periodEnd >= (row.currentPeriodEnd ?? invoice.periodEnd);
    if (invoice.isForPeriod && isCurrent) await givePeriod(tx, { row, payment, now });
    // Charged after its end, before the processor had heard of that: for nothing.
    const isForNothing = row.endedAt !== null && invoice.paidAt !== null && invoice.paidAt >= row.endedAt;
    if (isOver(row.status) && isForNothing) await queueRefund(tx, { payment, reason: 'Charged after the end', now });
    await convertPayment(tx, { payment, now });
    const data = presentPayment(payment);
    await recordEvent(tx, { tenantId, type: 'payment.succeeded', objectId: payment.id, data, now });
  });
}

async function paymentOf(tx: Db, { row, invoice, now }: { row: SubscriptionRow; invoice: CardInvoice; now: Date }) {
  const { tenantId, userId, tierId, account, id: subscriptionId } = row;
  const { amountPaid: amount, discount, currency, intentId, id: invoiceId } = invoice;
  const tier = await findTier(tx, { tenantId, tierId });
  const line = { productId: null, tierId, name: tier?.name ?? '', sku: null, quantity: 1 };
  // What was credited, such as unused time of another tier, is no discount: the invoice's net is what was bought.
  const subtotal = amount + discount;
  const items = [{ ...line, unitAmount: subtotal, amount: subtotal }];
  const ids = {
    tenantId,
    id: newId(),
    trackingId: newTrackingId(tenantId),
    userId,
    subscriptionId,
    invoiceId,
    intentId,
  };
  const what = { kind: 'subscription', status: 'succeeded', method: 'card' } as const;
  const provider = amount === 0 ? ('none' as const) : ('stripe' as const);
  const sums = { subtotal, discount, amount, currency, items, metadata: {}, account };
  const coupons = discount > 0 ? await couponOf(tx, { row, discount }) : null;
  const succeededAt = invoice.paidAt ?? now;
  return { ...ids, ...what, provider, ...sums, coupons, createdAt: now, updatedAt: now, succeededAt, closedAt: now };
}

/** The coupon that the processor has taken off: that of the subscription, unless it was given back. */
async function couponOf(
  tx: Db,
  { row, discount }: { row: SubscriptionRow; discount: number },
): Promise<PaymentCoupon[] | null> {
  const { tenantId, id: subscriptionId } = row;
  const claim = await findClaimOfSubscription(tx, { tenantId, subscriptionId });
  if (claim?.status !== 'reserved' && claim?.status !== 'redeemed') return null;
  const { id: claimId, couponId } = claim;
  const coupon = await findCoupon(tx, { tenantId, couponId });
  return [{ couponId, claimId, code: coupon?.code ?? claim.code, discount }];
}

/** The period paid for. With it those before are over: refunding them ends nothing any more. */
async function givePeriod(tx: Db, { row, payment, now }: { row: SubscriptionRow; payment: PaymentRow; now: Date }) {
  const { tenantId, userId, id: targetId } = row;
  const causeId = payment.id;
  await endEarlierEffects(tx, { tenantId, kind: 'period', targetId, causeId, by: 'renewal', now });
  const given = [{ targetId, quantity: 1 }];
  await recordEffects(tx, { tenantId, causeType: 'payment', causeId, userId, kind: 'period', given, now });
}
