import { cancelNow } from './cancel-subscription.ts';
import { createCoupon, createPromotionCode, deleteCoupon, updateCoupon, updatePromotionCode } from './coupons.ts';
import { invalid } from './errors.ts';
import { createInvoiceItem, deleteInvoiceItem } from './invoice-items.ts';
import { createInvoice, finalizeInvoice, voidInvoice } from './invoices.ts';
import { pageOf } from './pages.ts';
import { hash, mergedMetadata, required, text } from './params.ts';
import { markPaid, payInvoice } from './pay-invoice.ts';
import { methodNamed } from './payment-methods.ts';
import { Preview } from './preview.ts';
import { invoicePayments } from './references.ts';
import { render } from './render.ts';
import { type Call, listing, type Route, retrieval, route } from './routing.ts';
import { all, load, loadParam, save } from './session.ts';
import { createSubscription } from './subscriptions.ts';
import type { Subscription } from './types.ts';
import { resumeSubscription, updateSubscription } from './update-subscription.ts';

const subscriptions: Route[] = [
  route('POST /v1/subscriptions', ({ session, params }) => createSubscription(session, params)),
  route('GET /v1/subscriptions', ({ session, params, path }) => {
    const [status, customer, price] = [text(params, 'status'), text(params, 'customer'), text(params, 'price')];
    const isWanted = (one: Subscription) =>
      status === undefined ? one.status !== 'canceled' : status === 'all' || one.status === status;
    const found = all(session, 'subscriptions').filter(
      (one) =>
        isWanted(one) &&
        (!customer || one.customer === customer) &&
        (!price || one.items.data.some((item) => item.price.id === price)),
    );
    return pageOf(found, { params, url: path });
  }),
  route('GET /v1/subscriptions/:id', retrieval('subscriptions')),
  route('POST /v1/subscriptions/:id', ({ session, id, params }) =>
    updateSubscription(session, { before: load(session, 'subscriptions', id), params }),
  ),
  route('DELETE /v1/subscriptions/:id', ({ session, id, params }) => {
    const comment = text(hash(params, 'cancellation_details') ?? {}, 'comment') ?? null;
    return cancelNow(session, {
      subscription: load(session, 'subscriptions', id),
      reason: 'cancellation_requested',
      comment,
    });
  }),
  route('POST /v1/subscriptions/:id/resume', ({ session, id }) =>
    resumeSubscription(session, load(session, 'subscriptions', id)),
  ),
  route('GET /v1/subscription_items', ({ session, params, path }) => {
    const subscription = loadParam(session, {
      in: 'subscriptions',
      id: required(params, 'subscription'),
      param: 'subscription',
    });
    return pageOf(subscription.items.data, { params, url: path });
  }),
];

/** The invoice that a change would make; the change is undone. */
function preview({ session, params }: Call): object {
  const id = required(params, 'subscription');
  const before = loadParam(session, { in: 'subscriptions', id, param: 'subscription' });
  const details = {
    proration_behavior: 'always_invoice',
    ...(hash(params, 'subscription_details') ?? {}),
    payment_behavior: 'default_incomplete',
  };
  const { latest_invoice } = updateSubscription(session, { before, params: details });
  const made = latest_invoice === before.latest_invoice ? null : load(session, 'invoices', latest_invoice ?? '');
  if (!made) throw invalid('Nothing is owed for this change now.', { code: 'invoice_upcoming_none', status: 404 });
  const lines = made.lines.data.map((line) => ({ ...line, invoice: null }));
  const shown = {
    ...made,
    id: made.id.replace('in_', 'upcoming_in_'),
    status: 'draft',
    number: null,
    lines: { ...made.lines, data: lines },
  };
  throw new Preview(render(session, shown));
}

const invoices: Route[] = [
  route('POST /v1/invoices/create_preview', preview),
  route('POST /v1/invoices', ({ session, params }) => {
    const customer = loadParam(session, { in: 'customers', id: required(params, 'customer'), param: 'customer' });
    const period = { start: session.now, end: session.now };
    const currency = text(params, 'currency') ?? customer.currency ?? 'usd';
    const about = { customer: customer.id, currency, subscription: null, drafts: [], discounts: [], period };
    const made = createInvoice(session, { ...about, reason: 'manual' });
    return save(session, 'invoices', { ...made, auto_advance: false, metadata: mergedMetadata(params) });
  }),
  route('GET /v1/invoices', ({ session, params, path }) => {
    const [subscription, customer, status] = ['subscription', 'customer', 'status'].map((name) => text(params, name));
    const found = all(session, 'invoices').filter(
      (one) =>
        (!subscription || one.parent?.subscription_details?.subscription === subscription) &&
        (!customer || one.customer === customer) &&
        (!status || one.status === status),
    );
    return pageOf(found, { params, url: path });
  }),
  route('GET /v1/invoices/:id', retrieval('invoices')),
  route('POST /v1/invoices/:id', ({ session, id, params }) => {
    const before = load(session, 'invoices', id);
    return save(session, 'invoices', { ...before, metadata: mergedMetadata(params, before.metadata) });
  }),
  route('GET /v1/invoices/:id/lines', ({ session, id, params, path }) =>
    pageOf(load(session, 'invoices', id).lines.data, { params, url: path }),
  ),
  route('POST /v1/invoices/:id/finalize', ({ session, id }) => {
    const invoice = finalizeInvoice(session, load(session, 'invoices', id));
    return invoice.amount_due === 0 ? markPaid(session, { invoice, amount: 0 }) : invoice;
  }),
  route('POST /v1/invoices/:id/pay', ({ session, id, params }) => {
    const found = load(session, 'invoices', id);
    const invoice = found.status === 'draft' ? finalizeInvoice(session, found) : found;
    if (text(params, 'paid_out_of_band') === 'true') return markPaid(session, { invoice, amount: invoice.amount_due });
    const named = text(params, 'payment_method');
    const method = named ? methodNamed(session, { id: named, param: 'payment_method' }).id : undefined;
    const { invoice: after, fault } = payInvoice(session, { invoice, ...(method && { method }) });
    if (fault) throw fault;
    return after;
  }),
  route('POST /v1/invoices/:id/void', ({ session, id }) =>
    voidInvoice(session, { invoice: load(session, 'invoices', id) }),
  ),
  route('POST /v1/invoices/:id/mark_uncollectible', ({ session, id }) =>
    voidInvoice(session, { invoice: load(session, 'invoices', id), as: 'uncollectible' }),
  ),
  route('GET /v1/invoice_payments', ({ session, params, path }) => {
    const id = required(params, 'invoice');
    loadParam(session, { in: 'invoices', id, param: 'invoice' });
    return pageOf(invoicePayments(session, id), { params, url: path });
  }),
  route('POST /v1/invoiceitems', ({ session, params }) => createInvoiceItem(session, params)),
  route('GET /v1/invoiceitems', listing('invoiceitems', ['customer', 'invoice'])),
  route('GET /v1/invoiceitems/:id', retrieval('invoiceitems')),
  route('DELETE /v1/invoiceitems/:id', ({ session, id }) => deleteInvoiceItem(session, id)),
];

const coupons: Route[] = [
  route('POST /v1/coupons', ({ session, params }) => createCoupon(session, params)),
  route('GET /v1/coupons', listing('coupons')),
  route('GET /v1/coupons/:id', retrieval('coupons')),
  route('POST /v1/coupons/:id', ({ session, id, params }) =>
    updateCoupon(session, { before: load(session, 'coupons', id), params }),
  ),
  route('DELETE /v1/coupons/:id', ({ session, id }) => deleteCoupon(session, load(session, 'coupons', id))),
  route('POST /v1/promotion_codes', ({ session, params }) => createPromotionCode(session, params)),
  route('GET /v1/promotion_codes', listing('promotion_codes', ['active', 'code', 'customer'])),
  route('GET /v1/promotion_codes/:id', retrieval('promotion_codes')),
  route('POST /v1/promotion_codes/:id', ({ session, id, params }) =>
    updatePromotionCode(session, { before: load(session, 'promotion_codes', id), params }),
  ),
];

export const billingRoutes: readonly Route[] = [...subscriptions, ...invoices, ...coupons];
