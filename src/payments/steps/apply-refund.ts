import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import { type RefundRow, updateRefund } from '#db/queries/refunds.ts';
import type { RefundStatus } from '#schemas/refunds.ts';
import { takeBackEffects } from '../../effects/take-back-effects.ts';
import { recordEvent } from '../../events/record-event.ts';
import { presentPayment } from '../present-payment.ts';
import { canRefundMove, nextCheckAt, refundStatusOf, sumsAfter } from '../rules.ts';

type Told = { id: string | null; status: RefundStatus; failureReason: string | null };
type Applying = { payment: PaymentRow; refund: RefundRow; told: Told; jobs: Jobs; now: Date };

/**
 * Brings a refund to where the processor says it is, with the sums of its payment. When nothing is left of a payment, all
 * that it gave is taken back. The caller holds the payment's row.
 */
export async function applyRefund(tx: Db, { payment, refund, told, jobs, now }: Applying): Promise<RefundRow> {
  const { tenantId, id: refundId, amount, createdAt } = refund;
  const cardRefundId = refund.cardRefundId ?? told.id;
  if (!canRefundMove(refund.status, told.status)) {
    if (cardRefundId === refund.cardRefundId) return refund;
    const known = await updateRefund(tx, { tenantId, refundId, from: [refund.status], change: { cardRefundId }, now });
    return known ?? refund;
  }
  const isOpen = told.status === 'pending' || told.status === 'requires_action';
  const change = {
    status: told.status,
    cardRefundId,
    failureReason: told.failureReason,
    checkAt: isOpen ? nextCheckAt({ createdAt, now }) : null,
  };
  const row = await updateRefund(tx, { tenantId, refundId, from: [refund.status], change, now });
  if (!row) throw new Error('a refund was changed without its payment being held');
  const sums = sumsAfter(payment, { from: refund.status, to: told.status, amount });
  const paid = await updatePayment(tx, { tenantId, paymentId: payment.id, change: sums, now });
  const isNews = told.status === 'succeeded' || refund.status === 'succeeded';
  if (isNews) await announce(tx, { payment: paid, refund: row, jobs, now });
  return row;
}

async function announce(tx: Db, { payment, refund, jobs, now }: Omit<Applying, 'told'>): Promise<void> {
  const { tenantId, id: causeId } = payment;
  if (refundStatusOf(payment) === 'full') {
    const by = `refund:${refund.id}`;
    await takeBackEffects(tx, { tenantId, causeType: 'payment', causeId, by, jobs, now });
  }
  const data = presentPayment(payment);
  await recordEvent(tx, { tenantId, type: 'payment.refunded', objectId: causeId, data, now });
}
