import type { PaymentRow } from '#db/queries/payments.ts';
import type { Payment } from '#schemas/payments.ts';
import { type Ctx, withTx } from '../context.ts';
import { cancelCrypto } from '../crypto/steps/cancel-crypto.ts';
import { AppError } from '../lib/errors.ts';
import { PAYMENT_NOT_CANCELABLE } from './errors.ts';
import { findPaymentFor } from './find-payment.ts';
import { presentPayment } from './present-payment.ts';
import { endOpenPayment } from './steps/end-open-payment.ts';
import { cardDepsOf } from './steps/start-card-payment.ts';

/** Ends a payment that is not paid yet, by its buyer or the team. Canceled again it stays canceled. */
export async function cancelPayment(ctx: Ctx, { paymentId }: { paymentId: string }): Promise<Payment> {
  const { payment } = await findPaymentFor(ctx, paymentId);
  const isOpen = payment.closedAt === null;
  const ended = isOpen ? await end(ctx, payment) : payment;
  if (ended.closedAt === null || ended.status === 'succeeded') {
    throw new AppError(PAYMENT_NOT_CANCELABLE, { status: ended.status });
  }
  return presentPayment(ended);
}

function end(ctx: Ctx, payment: PaymentRow): Promise<PaymentRow> {
  if (payment.provider !== 'crypto') return endOpenPayment(cardDepsOf(ctx), { payment, status: 'canceled' });
  return withTx(ctx, (tx) => cancelCrypto(tx, { payment, jobs: ctx.deps.jobs, now: ctx.clock.now() }));
}
