import { findPaymentForUpdate, type PaymentRow } from '#db/queries/payments.ts';
import { findRefund, type RefundRow } from '#db/queries/refunds.ts';
import type { CardRefund } from '../../clients/card-payments.ts';
import { withTx } from '../../context.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../../lib/errors.ts';
import { applyRefund } from './apply-refund.ts';
import type { CardDeps } from './start-card-payment.ts';

/** The step at the processor of a refund that is decided: the refund's id is the idempotency key. */
export async function makeRefund(deps: CardDeps, { payment, refund }: { payment: PaymentRow; refund: RefundRow }) {
  const { tenantId, id: refundId, amount, currency, cardRefundId, reason } = refund;
  const { account, intentId } = payment;
  // What cost nothing is given back without the processor.
  if (amount === 0) {
    return saveRefund(deps, { refund, told: { id: null, status: 'succeeded', failureReason: null } });
  }
  if (intentId === null) throw new Error('a payment without an intent cannot be refunded');
  const metadata = { tenantId, refundId };
  try {
    const card =
      cardRefundId === null
        ? await deps.cards.createRefund({
            account,
            idempotencyKey: `refund-${refundId}`,
            intentId,
            amount,
            currency,
            reason,
            metadata,
          })
        : await deps.cards.findRefund({ account, refundId: cardRefundId });
    return await saveRefund(deps, { refund, told: card });
  } catch (error) {
    const refusal = deps.cards.refusalOf(error);
    // Another request holds the key: what became of it is asked for later.
    if (refusal?.code === 'idempotency_error') throw new AppError(SERVICE_UNAVAILABLE, {}, { cause: error });
    if (!refusal) throw error;
    const told = { id: null, status: 'failed' as const, failureReason: refusal.code ?? 'refused' };
    return saveRefund(deps, { refund, told });
  }
}

type Told = Pick<CardRefund, 'status' | 'failureReason'> & { id: string | null };

/** Writes down what the processor tells of a refund. */
export function saveRefund(deps: CardDeps, { refund, told }: { refund: RefundRow; told: Told }): Promise<RefundRow> {
  const { tenantId, paymentId, id: refundId } = refund;
  const now = deps.clock.now();
  return withTx(deps, async (tx) => {
    const payment = await findPaymentForUpdate(tx, { tenantId, paymentId });
    const held = await findRefund(tx, { tenantId, refundId });
    if (!payment || !held) throw new Error('a refund has lost its payment');
    return applyRefund(tx, { payment, refund: held, told, jobs: deps.jobs, now });
  });
}

/** The same, but a processor that cannot be asked now is asked again by a job: the refund is decided. */
export async function tryRefund(
  deps: CardDeps,
  { payment, refund }: { payment: PaymentRow; refund: RefundRow },
): Promise<RefundRow> {
  return makeRefund(deps, { payment, refund }).catch((error) => {
    if (error instanceof AppError && error.code === SERVICE_UNAVAILABLE.code) return refund;
    throw error;
  });
}
