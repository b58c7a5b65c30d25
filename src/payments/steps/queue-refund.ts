import type { Db } from '#db/client.ts';
import { type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import { insertRefund } from '#db/queries/refunds.ts';
import { newId } from '../../lib/ids.ts';

type Queuing = { payment: PaymentRow; reason: string; now: Date };

/** Gives back all that is left of a payment that nothing was given for; the sweeper makes it. The caller holds the row. */
export async function queueRefund(tx: Db, { payment, reason, now }: Queuing): Promise<void> {
  const { tenantId, id: paymentId, currency, intentId } = payment;
  const amount = payment.amount - payment.refundReserved;
  if (amount === 0 || intentId === null) return;
  await updatePayment(tx, { tenantId, paymentId, change: { refundReserved: payment.amount }, now });
  const what = { tenantId, id: newId(), paymentId, amount, currency, status: 'pending' as const, reason };
  await insertRefund(tx, { ...what, checkAt: now, createdAt: now, updatedAt: now });
}
