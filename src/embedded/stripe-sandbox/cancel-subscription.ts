import { invalid } from './errors.ts';
import { emit } from './events.ts';
import { voidInvoice } from './invoices.ts';
import { all, load, type Session, save } from './session.ts';
import type { Subscription } from './types.ts';

type Cancelation = { subscription: Subscription; reason: string; comment?: string | null };

/** Ends it at once. Its open invoices are not collected any more; the first one of an incomplete subscription is void. */
export function cancelNow(session: Session, { subscription, reason, comment = null }: Cancelation): Subscription {
  if (['canceled', 'incomplete_expired'].includes(subscription.status)) {
    throw invalid(`No such subscription: '${subscription.id}'`, { code: 'resource_missing', param: 'id', status: 404 });
  }
  for (const invoice of all(session, 'invoices')) {
    if (invoice.parent?.subscription_details?.subscription !== subscription.id || invoice.status !== 'open') continue;
    if (subscription.status === 'incomplete') voidInvoice(session, { invoice });
    else save(session, 'invoices', { ...invoice, auto_advance: false, next_payment_attempt: null });
  }
  const after = save(session, 'subscriptions', {
    ...subscription,
    canceled_at: subscription.canceled_at ?? session.now,
    cancellation_details: { comment, feedback: null, feedback_option: null, reason },
    ended_at: session.now,
    pending_update: null,
    status: 'canceled',
  });
  emit(session, 'customer.subscription.deleted', { of: after });
  return after;
}

/** Nobody paid the first invoice in time. */
export function expireIncomplete(session: Session, id: string): void {
  const subscription = load(session, 'subscriptions', id);
  if (subscription.status !== 'incomplete') return;
  const expired = save(session, 'subscriptions', {
    ...subscription,
    ended_at: session.now,
    status: 'incomplete_expired',
  });
  emit(session, 'customer.subscription.updated', { of: expired, before: { status: 'incomplete', ended_at: null } });
  const invoice = load(session, 'invoices', subscription.latest_invoice ?? '');
  if (invoice.status === 'open') voidInvoice(session, { invoice });
}

export function cancelAt(session: Session, id: string): void {
  const subscription = load(session, 'subscriptions', id);
  const isDue = subscription.cancel_at !== null && subscription.cancel_at <= session.now;
  if (!isDue || ['canceled', 'incomplete_expired'].includes(subscription.status)) return;
  cancelNow(session, { subscription, reason: 'cancellation_requested' });
}
