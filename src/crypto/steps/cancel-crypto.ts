import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { findCryptoPaymentForUpdate, insertTimeline, updateCryptoPayment } from '#db/queries/crypto-payments.ts';
import { findPaymentForUpdate, type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import { newId } from '../../lib/ids.ts';
import { closePayment } from '../../payments/steps/close-payment.ts';
import { presentSummary } from '../present-crypto.ts';
import { releaseCredit } from './take-credit.ts';

type Canceling = { payment: PaymentRow; jobs: Jobs; now: Date };

/**
 * Gives an open payment up, unless money for it was seen: then it goes on. The address stays watched, so that what still
 * comes is known, and owed.
 */
export async function cancelCrypto(tx: Db, { payment: seen, jobs, now }: Canceling): Promise<PaymentRow> {
  const { tenantId, id: paymentId } = seen;
  const payment = await findPaymentForUpdate(tx, { tenantId, paymentId });
  const before = await findCryptoPaymentForUpdate(tx, { tenantId, paymentId });
  if (!payment || !before) throw new Error('a payment is gone');
  if (payment.closedAt !== null || before.paidUnits > 0n || before.checkBlock !== null) return payment;
  await releaseCredit(tx, { tenantId, paymentId, now });
  const change = { status: 'expired', lostUnits: before.creditUnits, updatedAt: now } as const;
  const row = await updateCryptoPayment(tx, { tenantId, paymentId, change });
  const crypto = presentSummary(row, payment.crypto?.address ?? row.address);
  const held = await updatePayment(tx, { tenantId, paymentId, change: { crypto }, now });
  const entry = { id: newId(), paymentId, kind: 'canceled' as const, data: {} };
  await insertTimeline(tx, { tenantId, createdAt: now, entries: [entry] });
  return closePayment(tx, { payment: held, status: 'canceled', jobs, now });
}
