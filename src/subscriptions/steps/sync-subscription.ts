import { findClaimOfSubscription } from '#db/queries/coupon-claims.ts';
import { findSubscriptionForUpdate, type SubscriptionRow, updateSubscription } from '#db/queries/subscriptions.ts';
import type { CardSubscription } from '../../clients/card-payments.ts';
import { type Deps, withTx } from '../../context.ts';
import { isOver } from '../rules.ts';
import { applySubscription } from './apply-subscription.ts';
import { recordInvoice } from './record-invoice.ts';
import { releaseCoupon } from './settle-coupon.ts';

export type SubscriptionDeps = Pick<Deps, 'db' | 'cards' | 'jobs' | 'clock'>;
export type Synced = { row: SubscriptionRow; card: CardSubscription | null };

/**
 * Asks the processor how a subscription stands and writes that down. An answer counts only if nothing newer was written
 * while it was on its way: else it is asked for again. What events tell late, twice or never does not matter.
 */
export async function syncSubscription(deps: SubscriptionDeps, start: SubscriptionRow): Promise<Synced> {
  let known = start;
  let seen: number | undefined;
  for (;;) {
    const { cardSubscriptionId, account } = known;
    if (cardSubscriptionId === null || isOver(known.status)) {
      await settleEnd(deps, known);
      return { row: known, card: null };
    }
    const card = await deps.cards.findSubscription({ account, subscriptionId: cardSubscriptionId });
    const { row, isWritten } = await writeDown(deps, { known, card });
    // Of two writes since the first look the second was asked for after it: that is as good as an answer of our own, and
    // of many callers none tries for ever.
    const isFresh = isWritten || (seen !== undefined && row.version >= seen + 2);
    if (isFresh) {
      const { latestInvoiceId: invoiceId } = card;
      if (invoiceId) await recordInvoice(deps, { row, invoiceId });
      if (isOver(row.status)) await giveCouponBack(deps, row);
      return { row, card };
    }
    seen ??= row.version;
    known = row;
  }
}

/** What a crash left of the end: its last invoice may have been paid, and its coupon waits for that. */
async function settleEnd(deps: SubscriptionDeps, row: SubscriptionRow): Promise<void> {
  const { tenantId, id: subscriptionId, cardSubscriptionId, account } = row;
  const claim = await findClaimOfSubscription(deps.db, { tenantId, subscriptionId });
  if (claim?.status !== 'reserved') return;
  const card =
    cardSubscriptionId === null
      ? null
      : await deps.cards.findSubscription({ account, subscriptionId: cardSubscriptionId });
  if (card?.latestInvoiceId) await recordInvoice(deps, { row, invoiceId: card.latestInvoiceId });
  await giveCouponBack(deps, row);
}

async function giveCouponBack(deps: SubscriptionDeps, { tenantId, id: subscriptionId }: SubscriptionRow) {
  const now = deps.clock.now();
  await withTx(deps, async (tx) => {
    const row = await findSubscriptionForUpdate(tx, { tenantId, subscriptionId });
    if (!row || !isOver(row.status)) return;
    await releaseCoupon(tx, { tenantId, subscriptionId, now });
    if (row.checkAt !== null)
      await updateSubscription(tx, { tenantId, subscriptionId, change: { checkAt: null }, now });
  });
}

async function writeDown(
  deps: SubscriptionDeps,
  { known, card }: { known: SubscriptionRow; card: CardSubscription },
): Promise<{ row: SubscriptionRow; isWritten: boolean }> {
  const { tenantId, id: subscriptionId, version } = known;
  const now = deps.clock.now();
  return withTx(deps, async (tx) => {
    const row = await findSubscriptionForUpdate(tx, { tenantId, subscriptionId });
    if (!row) throw new Error('a subscription is gone');
    if (row.version !== version) return { row, isWritten: false };
    return { row: await applySubscription(tx, { row, card, now }), isWritten: true };
  });
}
