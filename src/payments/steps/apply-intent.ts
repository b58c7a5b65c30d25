import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import type { CardIntent } from '../../clients/card-payments.ts';
import { recordEvent } from '../../events/record-event.ts';
import { presentPayment } from '../present-payment.ts';
import { canMove, nextCheckAt, statusOfIntent } from '../rules.ts';
import { closePayment } from './close-payment.ts';
import { settlePayment } from './settle-payment.ts';

type Applying = { payment: PaymentRow; intent: CardIntent; jobs: Jobs; now: Date };

/**
 * Brings a payment to where its intent is. What is final stays; money that does not match the payment is not taken for it.
 * The caller holds the row.
 */
export async function applyIntent(tx: Db, { payment, intent, jobs, now }: Applying): Promise<PaymentRow> {
  if (payment.closedAt !== null || payment.intentId !== intent.id) return payment;
  const status = statusOfIntent(intent);
  if (status === 'succeeded') {
    requireSameMoney(payment, intent);
    return settlePayment(tx, { payment, now });
  }
  if (status === 'canceled') {
    const isOver = payment.expiresAt !== null && payment.expiresAt <= now;
    const closed = !isOver ? 'canceled' : payment.status === 'failed' ? 'failed' : 'expired';
    return closePayment(tx, { payment, status: closed, jobs, now });
  }
  return move(tx, { payment, intent, status, now });
}

type Moving = Omit<Applying, 'jobs'> & { status: 'pending' | 'requires_action' | 'processing' | 'failed' | 'expired' };

async function move(tx: Db, { payment, intent, status, now }: Moving): Promise<PaymentRow> {
  const { tenantId, id: paymentId } = payment;
  const { failure } = intent;
  if (!canMove(payment.status, status) && !isDeclinedOtherwise(payment, intent)) return payment;
  const change = {
    status,
    failureCode: failure?.code ?? null,
    failureMessage: failure?.message ?? null,
    version: payment.version + 1,
    checkAt: nextCheckAt({ createdAt: payment.createdAt, now }),
  };
  const row = await updatePayment(tx, { tenantId, paymentId, change, now });
  if (status === 'failed') {
    const data = presentPayment(row);
    await recordEvent(tx, { tenantId, type: 'payment.failed', objectId: paymentId, data, now });
  }
  return row;
}

/** Another card was declined, for another reason: the last one is shown. */
function isDeclinedOtherwise({ status, failureCode }: PaymentRow, intent: CardIntent): boolean {
  return status === 'failed' && statusOfIntent(intent) === 'failed' && failureCode !== intent.failure?.code;
}

function requireSameMoney(payment: PaymentRow, { amountReceived, currency }: CardIntent): void {
  if (amountReceived === payment.amount && currency === payment.currency) return;
  throw new Error(`the intent of payment ${payment.id} has taken another sum than the payment's`);
}
