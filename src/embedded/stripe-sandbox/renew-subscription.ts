import { cancelNow } from './cancel-subscription.ts';
import { activeDiscounts } from './discounts.ts';
import { emit } from './events.ts';
import { periodLines } from './invoice-lines.ts';
import { createInvoice, finalizeInvoice } from './invoices.ts';
import { collectInvoice, defaultMethod, markPaid } from './pay-invoice.ts';
import { periodEnd } from './periods.ts';
import { find, load, type Session, save, update } from './session.ts';
import { inPeriod } from './subscription-items.ts';
import { moveSubscription } from './subscription-state.ts';
import { schedulePeriod } from './subscriptions.ts';
import type { Invoice, SetupIntent, Subscription } from './types.ts';

const LIVING = ['active', 'trialing', 'past_due', 'unpaid'];

/** The end of a period: the subscription ends, or the next period begins and is billed. */
export function renew(session: Session, id: string): void {
  const subscription = find(session, { in: 'subscriptions', id });
  if (!subscription || !LIVING.includes(subscription.status)) return;
  if (subscription.items.data[0]?.current_period_end !== session.now) return;
  if (subscription.cancel_at_period_end) {
    cancelNow(session, { subscription, reason: 'cancellation_requested' });
    return;
  }
  if (subscription.status === 'trialing' && endsWithTrial(session, subscription)) return;
  startPeriod(session, { before: subscription, reason: 'subscription_cycle' });
}

function endsWithTrial(session: Session, subscription: Subscription): boolean {
  const { missing_payment_method } = subscription.trial_settings?.end_behavior ?? {};
  if (defaultMethod(session, { customer: subscription.customer, subscription })) return false;
  if (missing_payment_method === 'cancel') cancelNow(session, { subscription, reason: 'cancellation_requested' });
  if (missing_payment_method === 'pause') {
    const paused = moveSubscription(session, { before: subscription, after: { ...subscription, status: 'paused' } });
    emit(session, 'customer.subscription.paused', { of: paused });
  }
  return missing_payment_method === 'cancel' || missing_payment_method === 'pause';
}

/** Begins a period now, on the grid of its anchor, and bills it. */
export function startPeriod(session: Session, { before, reason }: { before: Subscription; reason: string }): Invoice {
  const last = before.items.data[0];
  const recurring = last?.price.recurring ?? {
    interval: 'month',
    interval_count: 1,
    meter: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
  const end = periodEnd(session.now, { anchor: before.billing_cycle_anchor, recurring });
  const items = inPeriod(before.items.data, { start: session.now, end });
  const status = before.status === 'trialing' || before.status === 'paused' ? 'active' : before.status;
  const next: Subscription = {
    ...before,
    items: { ...before.items, data: items },
    discounts: activeDiscounts(session, before.discounts).map(({ id }) => id),
    status,
  };
  const invoice = createInvoice(session, {
    customer: next.customer,
    currency: next.currency,
    subscription: next,
    reason,
    drafts: periodLines(items),
    discounts: next.discounts,
    period: { start: last?.current_period_start ?? session.now, end: session.now },
  });
  const renewed = moveSubscription(session, { before, after: { ...next, latest_invoice: invoice.id } });
  schedulePeriod(session, renewed);
  // While a subscription is unpaid, its invoices wait as drafts.
  if (renewed.status === 'unpaid') return save(session, 'invoices', { ...invoice, auto_advance: false });
  return collect(session, finalizeInvoice(session, invoice));
}

export function collect(session: Session, invoice: Invoice): Invoice {
  return invoice.amount_due === 0 ? markPaid(session, { invoice, amount: 0 }) : collectInvoice(session, invoice);
}

export function remindOfTrial(session: Session, id: string): void {
  const subscription = find(session, { in: 'subscriptions', id });
  if (subscription?.status === 'trialing') emit(session, 'customer.subscription.trial_will_end', { of: subscription });
}

/** The card that was set up during a trial pays from its end on. */
export function settleSetup(session: Session, { _subscription, payment_method }: SetupIntent): void {
  if (!_subscription) return;
  const before = load(session, 'subscriptions', _subscription);
  const after = { ...before, default_payment_method: payment_method, pending_setup_intent: null };
  moveSubscription(session, { before, after });
}

export function expireUpdate(session: Session, id: string): void {
  const subscription = find(session, { in: 'subscriptions', id });
  if (!subscription?.pending_update || subscription.pending_update.expires_at > session.now) return;
  const after = update(session, { in: 'subscriptions', id }, { pending_update: null });
  emit(session, 'customer.subscription.pending_update_expired', { of: after });
}
