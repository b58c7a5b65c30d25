import { readDiscounts } from './discounts.ts';
import { invalid } from './errors.ts';
import { emit } from './events.ts';
import type { Params } from './form.ts';
import { addInvoiceItem } from './invoice-items.ts';
import { periodLines } from './invoice-lines.ts';
import { createInvoice, finalizeInvoice } from './invoices.ts';
import { choice, flag, hash, integer, isSent, mergedMetadata, text } from './params.ts';
import { payInvoice } from './pay-invoice.ts';
import { methodNamed } from './payment-methods.ts';
import { periodEnd } from './periods.ts';
import { prorationLines } from './prorations.ts';
import { collect, startPeriod } from './renew-subscription.ts';
import { load, type Session, update } from './session.ts';
import { changedItems, inPeriod } from './subscription-items.ts';
import { moveSubscription } from './subscription-state.ts';
import { BEHAVIOURS, readTrial, schedulePeriod, undoing } from './subscriptions.ts';
import { schedule } from './tasks.ts';
import type { Invoice, Subscription } from './types.ts';

type Change = { before: Subscription; params: Params };

export function updateSubscription(session: Session, { before, params }: Change): Subscription {
  if (['canceled', 'incomplete_expired'].includes(before.status)) {
    throw invalid('A canceled subscription can only update its cancellation_details and metadata.', { param: 'id' });
  }
  const plain = withFields(session, { before, params });
  const first = plain.items.data[0];
  const period = { start: first?.current_period_start ?? session.now, end: first?.current_period_end ?? session.now };
  const placing = { subscription: before.id, period };
  const data = changedItems(session, { before: before.items.data, params, placing });
  const next: Subscription = { ...plain, items: { ...plain.items, data } };
  if (text(params, 'trial_end') === 'now' && before.status === 'trialing') return endTrial(session, { before, next });
  const trialEnd = readTrial(session, params);
  if (trialEnd) return extendTrial(session, { before, next, trialEnd });
  if (JSON.stringify(data) === JSON.stringify(before.items.data) && text(params, 'billing_cycle_anchor') !== 'now') {
    return moveSubscription(session, { before, after: next });
  }
  return changeItems(session, { before, next, params });
}

function withFields(session: Session, { before, params }: Change): Subscription {
  const end = before.items.data[0]?.current_period_end ?? null;
  const method = text(params, 'default_payment_method');
  const target = { customer: before.customer, subscription: before.id, amount: Infinity, currency: before.currency };
  const saves = text(hash(params, 'payment_settings') ?? {}, 'save_default_payment_method');
  const next: Subscription = {
    ...before,
    default_payment_method: method
      ? methodNamed(session, { id: method, param: 'default_payment_method' }).id
      : before.default_payment_method,
    description: isSent(params, 'description') ? (text(params, 'description') ?? null) : before.description,
    discounts: readDiscounts(session, { params, target }) ?? before.discounts,
    metadata: mergedMetadata(params, before.metadata),
    ...(saves &&
      before.payment_settings && {
        payment_settings: { ...before.payment_settings, save_default_payment_method: saves },
      }),
  };
  const isEnding = flag(params, 'cancel_at_period_end');
  const details = { comment: null, feedback: null, feedback_option: null };
  if (isEnding === true) {
    const cancellation_details = { ...details, reason: 'cancellation_requested' };
    return { ...next, cancel_at_period_end: true, cancel_at: end, canceled_at: session.now, cancellation_details };
  }
  if (isEnding === false) {
    return {
      ...next,
      cancel_at_period_end: false,
      cancel_at: null,
      canceled_at: null,
      cancellation_details: { ...details, reason: null },
    };
  }
  if (!isSent(params, 'cancel_at')) return next;
  const at = integer(params, 'cancel_at') ?? null;
  if (at !== null) schedule(session, { due: Math.max(at, session.now), kind: 'cancel', about: before.id });
  return { ...next, cancel_at: at, canceled_at: at === null ? null : session.now };
}

type Move = { before: Subscription; next: Subscription };

function endTrial(session: Session, { before, next }: Move): Subscription {
  const started: Subscription = { ...next, billing_cycle_anchor: session.now, trial_end: session.now };
  moveSubscription(session, { before, after: started });
  startPeriod(session, { before: started, reason: 'subscription_update' });
  return load(session, 'subscriptions', before.id);
}

function extendTrial(session: Session, { before, next, trialEnd }: Move & { trialEnd: number }): Subscription {
  const items = inPeriod(next.items.data, { start: session.now, end: trialEnd });
  const trial = { trial_end: trialEnd, trial_start: next.trial_start ?? session.now, billing_cycle_anchor: trialEnd };
  const after: Subscription = { ...next, ...trial, status: 'trialing', items: { ...next.items, data: items } };
  moveSubscription(session, { before, after });
  schedulePeriod(session, after);
  return after;
}

/** Another price or quantity: billed now, with the next invoice, or not at all. */
function changeItems(session: Session, { before, next, params }: Move & { params: Params }): Subscription {
  const behaviour =
    choice(params, { name: 'proration_behavior', of: ['create_prorations', 'always_invoice', 'none'] }) ??
    'create_prorations';
  const [was, is] = [before.items.data[0]?.price.recurring, next.items.data[0]?.price.recurring];
  const isReset =
    text(params, 'billing_cycle_anchor') === 'now' ||
    was?.interval !== is?.interval ||
    was?.interval_count !== is?.interval_count;
  const isBilled = before.status !== 'trialing' && behaviour !== 'none';
  const at = integer(params, 'proration_date') ?? session.now;
  const lines = isBilled ? prorationLines(session, { before, next, at, isReset }) : [];
  if (before.status === 'trialing' || (!isReset && behaviour === 'none'))
    return moveSubscription(session, { before, after: next });
  const { customer, currency, id: subscription } = before;
  for (const draft of lines) addInvoiceItem(session, { customer, currency, subscription, draft });
  if (!isReset && behaviour === 'create_prorations') return moveSubscription(session, { before, after: next });
  const after =
    isReset && is
      ? restarted(session, { next, end: periodEnd(session.now, { anchor: session.now, recurring: is }) })
      : next;
  return billChange(session, { before, next: after, isReset, params });
}

function restarted(session: Session, { next, end }: { next: Subscription; end: number }): Subscription {
  const data = inPeriod(next.items.data, { start: session.now, end });
  return { ...next, billing_cycle_anchor: session.now, items: { ...next.items, data } };
}

function billChange(
  session: Session,
  { before, next, isReset, params }: Move & { isReset: boolean; params: Params },
): Subscription {
  const period = { start: before.items.data[0]?.current_period_start ?? session.now, end: session.now };
  const drafts = isReset ? periodLines(next.items.data) : [];
  const { customer, currency, discounts } = next;
  const about = { customer, currency, subscription: next, discounts, drafts, period };
  const invoice = finalizeInvoice(session, createInvoice(session, { ...about, reason: 'subscription_update' }));
  const behaviour = choice(params, { name: 'payment_behavior', of: BEHAVIOURS }) ?? 'allow_incomplete';
  if (behaviour === 'pending_if_incomplete' && invoice.amount_due > 0)
    return applyIfPaid(session, { before, next, invoice });
  moveSubscription(session, { before, after: { ...next, latest_invoice: invoice.id } });
  if (isReset) schedulePeriod(session, next);
  if (behaviour === 'error_if_incomplete' && invoice.amount_due > 0) {
    const { fault } = payInvoice(session, { invoice });
    if (fault) throw undoing(fault);
  } else if (behaviour !== 'default_incomplete' || invoice.amount_due === 0) {
    collect(session, invoice);
  }
  return load(session, 'subscriptions', before.id);
}

/** The change waits for its payment: until then the subscription is as it was. */
function applyIfPaid(session: Session, { before, next, invoice }: Move & { invoice: Invoice }): Subscription {
  const expires_at = session.now + 23 * 3600;
  const none = {
    billing_cycle_anchor: null,
    cancel_at_period_end: null,
    discount: null,
    discounts: null,
    metadata: null,
  };
  const waiting: Subscription = {
    ...before,
    latest_invoice: invoice.id,
    pending_update: {
      ...none,
      expires_at,
      subscription_items: next.items.data,
      trial_end: null,
      trial_from_plan: null,
    },
  };
  update(session, { in: 'subscriptions', id: before.id }, waiting);
  payInvoice(session, { invoice });
  const after = load(session, 'subscriptions', before.id);
  if (after.pending_update) {
    schedule(session, { due: expires_at, kind: 'expire_update', about: before.id });
    emit(session, 'customer.subscription.updated', { of: after, before: { pending_update: null } });
  } else {
    schedulePeriod(session, after);
  }
  return after;
}

/** Goes on with a subscription that paused at the end of its trial. */
export function resumeSubscription(session: Session, before: Subscription): Subscription {
  if (before.status !== 'paused') {
    throw invalid(`The subscription's status must be paused to resume it, but it is ${before.status}.`);
  }
  startPeriod(session, { before: { ...before, billing_cycle_anchor: session.now }, reason: 'subscription_cycle' });
  const after = load(session, 'subscriptions', before.id);
  emit(session, 'customer.subscription.resumed', { of: after });
  return after;
}
