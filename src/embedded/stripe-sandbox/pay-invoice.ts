import { attemptIntent } from './confirm-intent.ts';
import { invalid, type StripeFault } from './errors.ts';
import { changed, emit } from './events.ts';
import { invoicePayments } from './references.ts';
import { find, load, type Session, save, update } from './session.ts';
import { readSettings } from './settings.ts';
import { moveSubscription } from './subscription-state.ts';
import { schedule } from './tasks.ts';
import type { Invoice, PaymentIntent, Subscription } from './types.ts';

const DAY = 86_400;

export function subscriptionOf(session: Session, invoice: Invoice): Subscription | undefined {
  const id = invoice.parent?.subscription_details?.subscription;
  return typeof id === 'string' ? find(session, { in: 'subscriptions', id }) : undefined;
}

/** The card that an invoice is charged to when nobody names one. */
export function defaultMethod(
  session: Session,
  about: { customer: string; subscription?: Subscription },
): string | null {
  const { invoice_settings } = load(session, 'customers', about.customer);
  const fallback = invoice_settings.default_payment_method;
  return about.subscription?.default_payment_method ?? (typeof fallback === 'string' ? fallback : null);
}

type Payment = { invoice: Invoice; method?: string };

/** Charges the card once. The answer has the invoice as it is then, and why it was not paid. */
export function payInvoice(
  session: Session,
  { invoice, method: named }: Payment,
): { invoice: Invoice; fault?: StripeFault } {
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
    throw invalid(invoice.status === 'paid' ? 'Invoice is already paid' : `Invoice is ${invoice.status}`, {
      code: 'invoice_not_payable',
    });
  }
  if (!invoice._intent) return { invoice: markPaid(session, { invoice, amount: 0 }) };
  const intent = load(session, 'payment_intents', invoice._intent);
  const about = { customer: invoice.customer ?? '', subscription: subscriptionOf(session, invoice) };
  const id = named ?? defaultMethod(session, about);
  if (!id) {
    const fault = invalid(
      'There is no `default_payment_method` set on this Customer or Invoice. Please set a `default_payment_method`.',
      {
        code: 'invoice_payment_intent_requires_payment_method',
      },
    );
    return { invoice: markFailed(session, invoice), fault };
  }
  const { intent: after, fault } = attemptIntent(session, {
    intent: save(session, 'payment_intents', { ...intent, payment_method: id, next_action: null }),
    method: load(session, 'payment_methods', id),
    isOffSession: false,
    failsOnAction: false,
    returnUrl: null,
  });
  if (after.status === 'requires_action') return { invoice: requireAction(session, invoice) };
  return { invoice: load(session, 'invoices', invoice.id), ...(fault && { fault }) };
}

function requireAction(session: Session, invoice: Invoice): Invoice {
  const after = markFailed(session, invoice);
  emit(session, 'invoice.payment_action_required', { of: after });
  return after;
}

/** The hook of an intent that came to an end: its invoice is paid, or the attempt is counted. */
export function settleInvoice(session: Session, intent: PaymentIntent): void {
  if (!intent._invoice) return;
  const invoice = load(session, 'invoices', intent._invoice);
  if (invoice.status === 'paid') return;
  if (intent.status !== 'succeeded') {
    markFailed(session, invoice);
    return;
  }
  const subscription = subscriptionOf(session, invoice);
  if (subscription?.payment_settings?.save_default_payment_method === 'on_subscription' && intent.payment_method) {
    update(session, { in: 'subscriptions', id: subscription.id }, { default_payment_method: intent.payment_method });
  }
  markPaid(session, { invoice, amount: intent.amount });
}

export function markPaid(session: Session, { invoice, amount }: { invoice: Invoice; amount: number }): Invoice {
  const paid = save(session, 'invoices', {
    ...invoice,
    amount_paid: amount,
    amount_remaining: 0,
    attempt_count: invoice.attempt_count + (amount > 0 ? 1 : 0),
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status: 'paid',
    status_transitions: { ...invoice.status_transitions, paid_at: session.now },
  });
  emit(session, 'invoice.paid', { of: paid, before: changed(invoice, paid) });
  emit(session, 'invoice.payment_succeeded', { of: paid });
  for (const payment of invoicePayments(session, paid.id)) emit(session, 'invoice_payment.paid', { of: payment });
  const subscription = subscriptionOf(session, paid);
  if (subscription) revive(session, { subscription, invoice: paid });
  return paid;
}

function revive(session: Session, { subscription, invoice }: { subscription: Subscription; invoice: Invoice }): void {
  const { pending_update: waiting } = subscription;
  const items = waiting?.subscription_items;
  const updated: Subscription =
    waiting && items && subscription.latest_invoice === invoice.id
      ? { ...subscription, items: { ...subscription.items, data: items }, pending_update: null }
      : subscription;
  const isRevived = ['incomplete', 'past_due', 'unpaid', 'paused'].includes(subscription.status);
  const status = isRevived && subscription.latest_invoice === invoice.id ? 'active' : subscription.status;
  moveSubscription(session, { before: subscription, after: { ...updated, status } });
  if (waiting && !updated.pending_update)
    emit(session, 'customer.subscription.pending_update_applied', { of: updated });
}

function markFailed(session: Session, invoice: Invoice): Invoice {
  const failed = save(session, 'invoices', { ...invoice, attempt_count: invoice.attempt_count + 1, attempted: true });
  emit(session, 'invoice.payment_failed', { of: failed });
  const subscription = subscriptionOf(session, failed);
  if (subscription?.status === 'active' && subscription.latest_invoice === failed.id && !subscription.pending_update) {
    moveSubscription(session, { before: subscription, after: { ...subscription, status: 'past_due' } });
  }
  return failed;
}

/** The attempt that nobody asks for: at the start of a period, and again after some days until the last try. */
export function collectInvoice(session: Session, invoice: Invoice): Invoice {
  const { invoice: after } = payInvoice(session, { invoice });
  if (after.status !== 'open') return after;
  const { retryDays } = readSettings(session.world);
  const days = retryDays[after._retries];
  if (days === undefined) return load(session, 'invoices', giveUp(session, after).id);
  const due = session.now + days * DAY;
  schedule(session, { due, kind: 'retry_invoice', about: after.id });
  return save(session, 'invoices', { ...after, next_payment_attempt: due, _retries: after._retries + 1 });
}

export function retryInvoice(session: Session, id: string): void {
  const invoice = find(session, { in: 'invoices', id });
  if (invoice?.status === 'open' && invoice.next_payment_attempt === session.now) collectInvoice(session, invoice);
}

function giveUp(session: Session, invoice: Invoice): Invoice {
  const after = save(session, 'invoices', { ...invoice, auto_advance: false, next_payment_attempt: null });
  const before = subscriptionOf(session, after);
  if (!before || before.status === 'canceled') return after;
  if (readSettings(session.world).afterRetries === 'unpaid') {
    moveSubscription(session, { before, after: { ...before, status: 'unpaid' } });
  } else {
    endSubscription(session, before);
  }
  return after;
}

function endSubscription(session: Session, before: Subscription): void {
  const details = { comment: null, feedback: null, feedback_option: null, reason: 'payment_failed' };
  const ended = { canceled_at: session.now, ended_at: session.now, status: 'canceled', cancellation_details: details };
  const after = save(session, 'subscriptions', { ...before, ...ended });
  emit(session, 'customer.subscription.deleted', { of: after });
}
