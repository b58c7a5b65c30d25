import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { type PaymentRow, updatePayment } from '#db/queries/payments.ts';
import { takeBackEffects } from '../../effects/take-back-effects.ts';
import { recordEvent } from '../../events/record-event.ts';
import { presentPayment } from '../present-payment.ts';

type Closing = {
  payment: PaymentRow;
  /** A declined payment that runs out stays `failed`. */
  status: 'canceled' | 'expired' | 'failed';
  failure?: { code: string; message: string } | undefined;
  jobs: Jobs;
  now: Date;
};

/** The payment cannot be paid any more: what it held is given back. The caller holds the row. */
export async function closePayment(tx: Db, { payment, status, failure, jobs, now }: Closing): Promise<PaymentRow> {
  const { tenantId, id: paymentId } = payment;
  const version = payment.version + 1;
  const failed = failure && { failureCode: failure.code, failureMessage: failure.message };
  const change = { status, ...failed, closedAt: now, checkAt: null, version };
  const row = await updatePayment(tx, { tenantId, paymentId, change, now });
  await takeBackEffects(tx, { tenantId, causeType: 'payment', causeId: paymentId, by: status, jobs, now });
  const isNews = status === 'expired' || (status === 'failed' && payment.status !== 'failed');
  if (isNews) {
    const data = presentPayment(row);
    await recordEvent(tx, { tenantId, type: `payment.${status}`, objectId: paymentId, data, now });
  }
  return row;
}
