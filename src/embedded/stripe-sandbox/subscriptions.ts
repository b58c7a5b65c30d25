import { readDiscounts } from './discounts.ts';
import { invalid, StripeFault } from './errors.ts';
import { emit } from './events.ts';
import type { Params } from './form.ts';
import { newId } from './ids.ts';
import { amountOf, periodLines } from './invoice-lines.ts';
import { createInvoice, finalizeInvoice } from './invoices.ts';
import { choice, flag, hash, integer, mergedMetadata, required, text } from './params.ts';
import { defaultMethod, markPaid, payInvoice } from './pay-invoice.ts';
import { methodNamed } from './payment-methods.ts';
import { periodEnd } from './periods.ts';
import { listOf } from './references.ts';
import { load, loadParam, type Session, save, update } from './session.ts';
import { createSetupIntent } from './setup-intents.ts';
import { inPeriod, readItems } from './subscription-items.ts';
import { schedule } from './tasks.ts';
import type { Invoice, Subscription, SubscriptionItem } from './types.ts';

const DAY = 86_400;
export const BEHAVIOURS = [
  'allow_incomplete',
  'default_incomplete',
  'error_if_incomplete',
  'pending_if_incomplete',
] as const;

export function createSubscription(session: Session, params: Params): Subscription {
  const customer = loadParam(session, { in: 'customers', id: required(params, 'customer'), param: 'customer' }).id;
  const id = newId('sub');
  const items = readItems(session, { params, placing: { subscription: id, period: { start: 0, end: 0 } } });
  const [first] = items;
  if (!first?.price.recurring) throw invalid('A subscription must have at least one active item.', { param: 'items' });
  const trialEnd = readTrial(session, params) ?? null;
  const anchor = trialEnd ?? session.now;
  const end = trialEnd ?? periodEnd(session.now, { anchor, recurring: first.price.recurring });
  const placed = inPeriod(items, { start: session.now, end });
  const amount = items.reduce((sum, item) => sum + amountOf(item), 0);
  const target = { customer, subscription: id, amount, currency: first.price.currency };
  const fresh = newSubscription(session, { id, customer, items: placed, anchor, trialEnd, params });
  const discounts = readDiscounts(session, { params, target }) ?? [];
  const created = save(session, 'subscriptions', { ...fresh, discounts });
  schedulePeriod(session, created);
  if (created.cancel_at !== null) schedule(session, { due: created.cancel_at, kind: 'cancel', about: id });
  return startBilling(session, { subscription: created, params });
}

export function readTrial(session: Session, params: Params): number | undefined {
  const days = integer(params, 'trial_period_days');
  if (days !== undefined) return days > 0 ? session.now + days * DAY : undefined;
  const end = text(params, 'trial_end');
  if (end === undefined || end === 'now') return undefined;
  const at = integer(params, 'trial_end') ?? 0;
  if (at <= session.now)
    throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', { param: 'trial_end' });
  return at;
}

/** What has to happen by itself: the end of the period, the note before a trial ends. */
export function schedulePeriod(session: Session, { id, items, trial_end }: Subscription): void {
  const end = items.data[0]?.current_period_end ?? session.now;
  schedule(session, { due: end, kind: 'renew', about: id });
  if (trial_end && trial_end > session.now) {
    schedule(session, { due: Math.max(session.now, trial_end - 3 * DAY), kind: 'remind_of_trial', about: id });
  }
}

type Starting = { subscription: Subscription; params: Params };

function startBilling(session: Session, { subscription, params }: Starting): Subscription {
  const isTrial = subscription.status === 'trialing';
  const { customer, currency, items, discounts } = subscription;
  const period = { start: session.now, end: session.now };
  const drafts = periodLines(items.data, { isTrial });
  const about = { customer, currency, subscription, drafts, discounts, period };
  const invoice = finalizeInvoice(session, createInvoice(session, { ...about, reason: 'subscription_create' }));
  const billed = update(session, { in: 'subscriptions', id: subscription.id }, { latest_invoice: invoice.id });
  emit(session, 'customer.subscription.created', { of: billed });
  if (invoice.amount_due === 0) {
    markPaid(session, { invoice, amount: 0 });
    // For what is to be charged later.
    askForCard(session, billed);
    return load(session, 'subscriptions', subscription.id);
  }
  schedule(session, { due: session.now + 23 * 3600, kind: 'expire_incomplete', about: subscription.id });
  firstPayment(session, { invoice, subscription: billed, params });
  return load(session, 'subscriptions', subscription.id);
}

function firstPayment(session: Session, { invoice, subscription, params }: Starting & { invoice: Invoice }): void {
  const behaviour = choice(params, { name: 'payment_behavior', of: BEHAVIOURS }) ?? 'allow_incomplete';
  const method = defaultMethod(session, { customer: subscription.customer, subscription });
  if (behaviour === 'default_incomplete') {
    if (!method || !invoice._intent) return;
    update(
      session,
      { in: 'payment_intents', id: invoice._intent },
      { payment_method: method, status: 'requires_confirmation' },
    );
    return;
  }
  if (!method) {
    const message =
      'This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.';
    throw invalid(message, { code: 'resource_missing' });
  }
  const { fault } = payInvoice(session, { invoice });
  if (fault && behaviour === 'error_if_incomplete') throw undoing(fault);
}

/** The same refusal, but nothing of the call stays. */
export function undoing(fault: StripeFault): StripeFault {
  const { payment_intent: _intent, ...body } = fault.body;
  return fault.status === 402 ? new StripeFault(402, body) : fault;
}

function askForCard(session: Session, subscription: Subscription): void {
  const { customer, id } = subscription;
  if (defaultMethod(session, { customer, subscription })) return;
  const { id: pending_setup_intent } = createSetupIntent(session, { customer, subscription: id });
  update(session, { in: 'subscriptions', id }, { pending_setup_intent });
}

type Making = {
  id: string;
  customer: string;
  items: SubscriptionItem[];
  anchor: number;
  trialEnd: number | null;
  params: Params;
};

const NO_SUBSCRIPTION = {
  automatic_tax: { disabled_reason: null, enabled: false, liability: null },
  billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
  invoice_settings: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: { type: 'self' },
  },
  application: null,
  application_fee_percent: null,
  billing_cycle_anchor_config: null,
  billing_schedules: [],
  billing_thresholds: null,
  collection_method: 'charge_automatically',
  customer_account: null,
  days_until_due: null,
  default_source: null,
  default_tax_rates: [],
  discounts: [],
  ended_at: null,
  latest_invoice: null,
  livemode: false,
  managed_payments: null,
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  pause_collection: null,
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  pending_update: null,
  schedule: null,
  test_clock: null,
  transfer_data: null,
};

function newSubscription(session: Session, { id, customer, items, anchor, trialEnd, params }: Making): Subscription {
  const named = text(params, 'default_payment_method');
  const isEnding = flag(params, 'cancel_at_period_end') ?? false;
  const settings = hash(params, 'payment_settings') ?? {};
  const trial = hash(hash(params, 'trial_settings') ?? {}, 'end_behavior') ?? {};
  const saves = choice(settings, { name: 'save_default_payment_method', of: ['off', 'on_subscription'] });
  return {
    ...NO_SUBSCRIPTION,
    id,
    object: 'subscription',
    billing_cycle_anchor: anchor,
    cancel_at: isEnding ? (items[0]?.current_period_end ?? null) : (integer(params, 'cancel_at') ?? null),
    cancel_at_period_end: isEnding,
    canceled_at: isEnding ? session.now : null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    created: session.now,
    currency: items[0]?.price.currency ?? 'usd',
    customer,
    default_payment_method: named ? methodNamed(session, { id: named, param: 'default_payment_method' }).id : null,
    description: text(params, 'description') ?? null,
    items: listOf(`/v1/subscription_items?subscription=${id}`, items),
    metadata: mergedMetadata(params),
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: saves ?? 'off',
    },
    start_date: session.now,
    status: trialEnd ? 'trialing' : 'incomplete',
    trial_end: trialEnd,
    trial_settings: {
      end_behavior: {
        billing_cycle_anchor: null,
        missing_payment_method: text(trial, 'missing_payment_method') ?? 'create_invoice',
      },
    },
    trial_start: trialEnd ? session.now : null,
  };
}
