import { findSubscriptionForUpdate, type SubscriptionRow } from '#db/queries/subscriptions.ts';
import type { CardSubscription } from '../../clients/card-payments.ts';
import { type Deps, withTx } from '../../context.ts';
import { isOver } from '../rules.ts';
import { applySubscription } from './apply-subscription.ts';
import { recordInvoice } from './record-invoice.ts';

export type SubscriptionDeps = Pick<Deps, 'db' | 'cards' | 'jobs' | 'clock'>;
export type Synced = { row: SubscriptionRow; card: CardSubscription | null };
const MAX_ROUNDS = 5;

/**
 * Asks the processor how a subscription stands and writes that down. An answer counts only if nothing newer was written
 * while it was on its way: else it is asked for again. What events tell late, twice or never does not matter.
 */
export async function syncSubscription(deps: SubscriptionDeps, start: SubscriptionRow): Promise<Synced> {
  const { tenantId, id: subscriptionId } = start;
  let known = start;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { cardSubscriptionId, account, version } = known;
    if (cardSubscriptionId === null || isOver(known.status)) return { row: known, card: null };
    const card = await deps.cards.findSubscription({ account, subscriptionId: cardSubscriptionId });
    const now = deps.clock.now();
    const result = await withTx(deps, async (tx) => {
      const row = await findSubscriptionForUpdate(tx, { tenantId, subscriptionId });
      if (!row) throw new Error('a subscription is gone');
      if (row.version !== version) return { isStale: true, row };
      return { isStale: false, row: await applySubscription(tx, { row, card, now }) };
    });
    if (!result.isStale) {
      const { latestInvoiceId: invoiceId } = card;
      if (invoiceId) await recordInvoice(deps, { row: result.row, invoiceId });
      return { row: result.row, card };
    }
    known = result.row;
  }
  throw new Error('a subscription changes faster than it can be read');
}
