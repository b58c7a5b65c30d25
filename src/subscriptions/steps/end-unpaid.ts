import { findInvoicePaymentForUpdate } from '#db/queries/payments.ts';
import type { SubscriptionRow } from '#db/queries/subscriptions.ts';
import { withTx } from '../../context.ts';
import { queueRefund } from '../../payments/steps/queue-refund.ts';
import { startSubscription } from './start-subscription.ts';
import type { SubscriptionDeps } from './sync-subscription.ts';

/** Ends a subscription that nobody has paid yet. What was paid at this very moment is given back. */
export async function endUnpaid(deps: SubscriptionDeps, row: SubscriptionRow): Promise<SubscriptionRow> {
  const { tenantId, account, cardSubscriptionId } = row;
  if (cardSubscriptionId) await deps.cards.cancelSubscription({ account, subscriptionId: cardSubscriptionId });
  const { row: ended, card } = await startSubscription(deps, row);
  const invoiceId = card?.latestInvoiceId;
  if (!invoiceId || ended.status !== 'canceled') return ended;
  const now = deps.clock.now();
  await withTx(deps, async (tx) => {
    const payment = await findInvoicePaymentForUpdate(tx, { tenantId, invoiceId });
    if (payment) await queueRefund(tx, { payment, reason: 'Paid while it was canceled', now });
  });
  return ended;
}
