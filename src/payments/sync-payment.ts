import { findPaymentForUpdate, type PaymentRow } from '#db/queries/payments.ts';
import { type Deps, withTx } from '../context.ts';
import { applyIntent } from './steps/apply-intent.ts';

type Syncing = Pick<Deps, 'db' | 'cards' | 'jobs' | 'clock'>;
const MAX_ROUNDS = 5;

/**
 * Asks the processor how a payment stands and writes that down. An answer counts only if nothing newer was written while it
 * was on its way: else it is asked for again. So whatever is told late, or twice, or never, the last look is right.
 */
export async function syncPayment(deps: Syncing, start: PaymentRow): Promise<PaymentRow> {
  const { tenantId, id: paymentId } = start;
  let known = start;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { intentId, account, version } = known;
    if (intentId === null || known.closedAt !== null) return known;
    const intent = await deps.cards.findIntent({ account, intentId });
    const now = deps.clock.now();
    const row = await withTx(deps, async (tx) => {
      const payment = await findPaymentForUpdate(tx, { tenantId, paymentId });
      if (!payment) throw new Error('a payment is gone');
      const isFinal = intent.status === 'succeeded' || intent.status === 'canceled';
      if (!isFinal && payment.version !== version) return { isStale: true, payment };
      return { isStale: false, payment: await applyIntent(tx, { payment, intent, jobs: deps.jobs, now }) };
    });
    if (!row.isStale) return row.payment;
    known = row.payment;
  }
  return known;
}
