import type Stripe from 'stripe';
import type { CardSubscription } from './card-payments.ts';
import { idOf, instantOf, maybeInstantOf } from './stripe-fields.ts';

/** What the answers of our calls expand. */
export const SUBSCRIPTION_EXPANSIONS = ['latest_invoice.confirmation_secret', 'pending_setup_intent'];

export function toCardSubscription(subscription: Stripe.Subscription): CardSubscription {
  const { id, status, metadata, latest_invoice, pending_update } = subscription;
  const item = itemOf(subscription);
  return {
    id,
    status: status as CardSubscription['status'],
    priceId: item.price.id,
    pendingPriceId: pending_update?.subscription_items?.[0]?.price.id ?? null,
    periodStart: instantOf(item.current_period_start),
    periodEnd: instantOf(item.current_period_end),
    trialEnd: maybeInstantOf(subscription.trial_end),
    cancelAtPeriodEnd: subscription.cancel_at_period_end,
    canceledAt: maybeInstantOf(subscription.canceled_at),
    endedAt: maybeInstantOf(subscription.ended_at),
    latestInvoiceId: idOf(latest_invoice),
    clientSecret: clientSecretOf(subscription),
    metadata,
  };
}

/** Ours have one item each. */
export function itemOf({ id, items }: Stripe.Subscription): Stripe.SubscriptionItem {
  const [item] = items.data;
  if (!item) throw new Error(`the subscription ${id} has no item`);
  return item;
}

function clientSecretOf({ latest_invoice: invoice, pending_setup_intent: setup }: Stripe.Subscription): string | null {
  // The secret stays on an invoice that is paid.
  const isOwed = typeof invoice === 'object' && invoice?.status === 'open';
  const payment = isOwed ? invoice.confirmation_secret?.client_secret : undefined;
  const isSetUp = typeof setup !== 'object' || setup?.status === 'succeeded' || setup?.status === 'canceled';
  return payment ?? (isSetUp ? null : (setup?.client_secret ?? null));
}
