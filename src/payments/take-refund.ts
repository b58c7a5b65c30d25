import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { findPaymentByIntent, findPaymentForUpdate, type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import { findRefund, findRefundByCardRefund, insertRefund, type RefundRow } from '#db/queries/refunds.ts';
import type { CardRefund } from '../clients/card-payments.ts';
import { isUuid, newId } from '../lib/ids.ts';
import { NotYet } from '../lib/not-yet.ts';
import { applyRefund } from './steps/apply-refund.ts';

type Taking = { refund: CardRefund; account: string | null; jobs: Jobs; now: Date };

/** What the processor tells of a refund: of one of ours, or of one that somebody made at the processor itself. */
export async function takeRefund(
  tx: Db,
  { refund: told, account, jobs, now }: Taking,
): Promise<'succeeded' | 'ignored'> {
  const named = told.intentId === null ? undefined : await findPaymentByIntent(tx, told.intentId);
  if (!named) throw new NotYet('the payment of the refund is not known');
  if (named.account !== account) return 'ignored';
  const { tenantId, id: paymentId } = named;
  const payment = await findPaymentForUpdate(tx, { tenantId, paymentId });
  // What is not given yet cannot be taken back: first comes the success, which is on its way.
  if (payment?.status !== 'succeeded') throw new NotYet('the payment of the refund has not succeeded');
  const known = await findKnown(tx, { payment, told });
  const refund = known ?? (await insertForeign(tx, { payment, told, now }));
  const held = known ? payment : { ...payment, refundReserved: payment.refundReserved + told.amount };
  await applyRefund(tx, { payment: held, refund, told, jobs, now });
  return 'succeeded';
}

type Told = { payment: PaymentRow; told: CardRefund };

async function findKnown(tx: Db, { payment, told }: Told): Promise<RefundRow | undefined> {
  const { tenantId } = payment;
  const { refundId } = told.metadata;
  const ours = isUuid(refundId) ? await findRefund(tx, { tenantId, refundId }) : undefined;
  if (ours?.paymentId === payment.id) return ours;
  return findRefundByCardRefund(tx, { tenantId, cardRefundId: told.id });
}

async function insertForeign(tx: Db, { payment, told, now }: Told & { now: Date }): Promise<RefundRow> {
  const { tenantId, id: paymentId, currency } = payment;
  const refundReserved = payment.refundReserved + told.amount;
  await updatePayment(tx, { tenantId, paymentId, change: { refundReserved }, now });
  const what = { tenantId, id: newId(), paymentId, amount: told.amount, currency, cardRefundId: told.id };
  return insertRefund(tx, { ...what, status: 'pending', createdAt: now, updatedAt: now });
}
