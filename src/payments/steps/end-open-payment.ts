import { findPaymentForUpdate, type PaymentRow } from '#db/queries/payments.ts';
import { withTx } from '../../context.ts';
import { applyIntent } from './apply-intent.ts';
import { closePayment } from './close-payment.ts';
import type { CardDeps } from './start-card-payment.ts';

type Ending = { payment: PaymentRow; status: 'canceled' | 'expired' };

/**
 * Ends a payment that nobody has paid: first at the processor, so that nobody can pay it any more, then here. One that was
 * paid in the last moment has succeeded; one that the bank still works on goes on.
 */
export async function endOpenPayment(deps: CardDeps, { payment, status }: Ending): Promise<PaymentRow> {
  const { tenantId, id: paymentId, account, intentId } = payment;
  const { jobs } = deps;
  const intent = intentId === null ? null : await cancelIntent(deps, { account, intentId });
  const now = deps.clock.now();
  const row = await withTx(deps, async (tx) => {
    const held = await findPaymentForUpdate(tx, { tenantId, paymentId });
    if (!held) throw new Error('a payment is gone');
    if (held.closedAt !== null) return held;
    if (intent) return applyIntent(tx, { payment: held, intent, jobs, now });
    // The intent came meanwhile: it is for the next try to cancel.
    if (held.intentId !== intentId) return held;
    const closed = status === 'expired' && held.status === 'failed' ? 'failed' : status;
    return closePayment(tx, { payment: held, status: closed, jobs, now });
  });
  const isMissed = row.closedAt === null && intentId === null && row.intentId !== null;
  return isMissed ? endOpenPayment(deps, { payment: row, status }) : row;
}

/** Null where the processor does not let us have it any more, such as on an account that was disconnected. */
async function cancelIntent({ cards }: CardDeps, call: { account: string | null; intentId: string }) {
  try {
    return await cards.cancelIntent(call);
  } catch (error) {
    if (cards.refusalOf(error)) return null;
    throw error;
  }
}
