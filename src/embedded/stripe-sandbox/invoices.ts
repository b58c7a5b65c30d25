import { releaseIntent } from './close-intent.ts';
import { minimumAmount } from './currencies.ts';
import { activeDiscounts, discountLines, type Off, spendOnce } from './discounts.ts';
import { invalid } from './errors.ts';
import { changed, emit } from './events.ts';
import { newId } from './ids.ts';
import { takePendingLines } from './invoice-items.ts';
import { type LineDraft, lineOf } from './invoice-lines.ts';
import { newIntent } from './payment-intents.ts';
import type { Period } from './periods.ts';
import { listOf } from './references.ts';
import { load, type Session, save, update } from './session.ts';
import type { Customer, Invoice, Subscription } from './types.ts';

type Billing = {
  customer: string;
  currency: string;
  subscription: Subscription | null;
  reason: string;
  drafts: readonly LineDraft[];
  discounts: readonly string[];
  period: Period;
};

/** A draft with its lines: what was waiting for the customer's next invoice is on it. */
export function createInvoice(session: Session, billing: Billing): Invoice {
  const { customer: id, subscription, drafts, discounts } = billing;
  const customer = load(session, 'customers', id);
  const invoiceId = newId('in');
  const context = { invoice: invoiceId, currency: billing.currency, subscription: subscription?.id ?? null };
  const pending = takePendingLines(session, { customer: id, ...context });
  const lines = [...pending, ...drafts];
  const active = activeDiscounts(session, discounts);
  const off = discountLines(session, { discounts: active, lines: lines.map(discountable) });
  spendOnce(session, active);
  const subtotal = lines.reduce((sum, { amount }) => sum + amount, 0);
  const total = subtotal - off.flat().reduce((sum, { amount }) => sum + amount, 0);
  const made = lines.map((draft, index) => lineOf({ ...draft, ...context, off: off[index] ?? [] }));
  const invoice = save(session, 'invoices', {
    ...emptyInvoice(session, { billing, customer, id: invoiceId }),
    ...amounts(customer, { total, currency: billing.currency }),
    discounts: active.map((one) => one.id),
    lines: listOf(`/v1/invoices/${invoiceId}/lines`, made),
    subtotal,
    subtotal_excluding_tax: subtotal,
    total,
    total_excluding_tax: total,
    total_discount_amounts: sumByDiscount(off.flat()),
  });
  emit(session, 'invoice.created', { of: invoice });
  return invoice;
}

function discountable({ amount, price, isDiscountable }: LineDraft) {
  return { amount, product: price?.product ?? null, isDiscountable };
}

function sumByDiscount(off: readonly Off[]): Off[] {
  const names = [...new Set(off.map(({ discount }) => discount))];
  return names.map((discount) => ({
    discount,
    amount: off.reduce((sum, one) => (one.discount === discount ? sum + one.amount : sum), 0),
  }));
}

/** A credit goes to the customer's balance, which pays the next invoices; so does what is too little to charge. */
function amounts(customer: Customer, { total, currency }: { total: number; currency: string }) {
  const owed = total + customer.balance;
  const due = owed < minimumAmount(currency) ? 0 : owed;
  return {
    amount_due: due,
    amount_remaining: due,
    starting_balance: customer.balance,
    ending_balance: owed - due,
  };
}

const NO_INVOICE = {
  account_country: 'US',
  account_name: 'Sandbox',
  account_tax_ids: null,
  amount_overpaid: 0,
  amount_paid: 0,
  amount_shipping: 0,
  application: null,
  attempt_count: 0,
  attempted: false,
  auto_advance: true,
  automatically_finalizes_at: null,
  custom_fields: null,
  customer_account: null,
  customer_shipping: null,
  customer_tax_exempt: 'none',
  customer_tax_ids: [],
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  due_date: null,
  effective_at: null,
  footer: null,
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  last_finalization_error: null,
  latest_revision: null,
  livemode: false,
  metadata: {},
  next_payment_attempt: null,
  number: null,
  on_behalf_of: null,
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  statement_descriptor: null,
  status: 'draft',
  test_clock: null,
  total_pretax_credit_amounts: [],
  total_taxes: [],
  webhooks_delivered_at: null,
  _intent: null,
  _retries: 0,
};

function emptyInvoice(
  session: Session,
  { billing, customer, id }: { billing: Billing; customer: Customer; id: string },
) {
  const { currency, reason, subscription, period } = billing;
  const details = subscription && { metadata: subscription.metadata, subscription: subscription.id };
  return {
    ...NO_INVOICE,
    id,
    object: 'invoice' as const,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    billing_reason: reason,
    collection_method: subscription?.collection_method ?? 'charge_automatically',
    created: session.now,
    currency,
    customer: customer.id,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    issuer: { type: 'self' },
    parent: details && { quote_details: null, subscription_details: details, type: 'subscription_details' },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: period.end,
    period_start: period.start,
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
  } satisfies Partial<Invoice>;
}

/** From now on it is owed: it gets its number, and an intent to pay it with. */
export function finalizeInvoice(session: Session, invoice: Invoice): Invoice {
  if (invoice.status !== 'draft')
    throw invalid('This invoice is already finalized, you can’t re-finalize a non-draft invoice.');
  const customer = load(session, 'customers', invoice.customer ?? '');
  const next = customer.next_invoice_sequence ?? 1;
  const balance = invoice.ending_balance ?? customer.balance;
  update(
    session,
    { in: 'customers', id: customer.id },
    { next_invoice_sequence: next + 1, balance, currency: invoice.currency },
  );
  const open = save(session, 'invoices', {
    ...invoice,
    effective_at: session.now,
    number: `${customer.invoice_prefix}-${String(next).padStart(4, '0')}`,
    hosted_invoice_url: `${session.world.baseUrl()}/_sandbox/receipts/${invoice.id}`,
    status: 'open',
    status_transitions: { ...invoice.status_transitions, finalized_at: session.now },
    _intent: invoice.amount_due > 0 ? invoiceIntent(session, { invoice, customer }) : null,
  });
  emit(session, 'invoice.finalized', { of: open });
  return open;
}

function invoiceIntent(session: Session, { invoice, customer }: { invoice: Invoice; customer: Customer }): string {
  const intent = save(session, 'payment_intents', {
    ...newIntent(session, { amount: invoice.amount_due, currency: invoice.currency }),
    capture_method: 'automatic',
    customer: customer.id,
    description: invoice.billing_reason === 'subscription_create' ? 'Subscription creation' : 'Subscription update',
    setup_future_usage: invoice.parent ? 'off_session' : null,
    _invoice: invoice.id,
  });
  emit(session, 'payment_intent.created', { of: intent });
  return intent.id;
}

/** It is not owed any more, and cannot be paid. */
export function voidInvoice(
  session: Session,
  { invoice, as = 'void' }: { invoice: Invoice; as?: 'void' | 'uncollectible' },
): Invoice {
  if (!['open', 'uncollectible'].includes(String(invoice.status))) {
    throw invalid(`You can only pass in open invoices. This invoice isn't open: it is ${invoice.status}.`);
  }
  const times = invoice.status_transitions;
  const after = save(session, 'invoices', {
    ...invoice,
    auto_advance: false,
    next_payment_attempt: null,
    status: as,
    status_transitions:
      as === 'void' ? { ...times, voided_at: session.now } : { ...times, marked_uncollectible_at: session.now },
  });
  const intent = invoice._intent ? load(session, 'payment_intents', invoice._intent) : null;
  if (as === 'void' && intent && intent.status !== 'succeeded' && intent.status !== 'canceled') {
    releaseIntent(session, { intent, reason: 'void_invoice' });
  }
  const event = as === 'void' ? 'invoice.voided' : 'invoice.marked_uncollectible';
  emit(session, event, { of: after, before: changed(invoice, after) });
  return after;
}
