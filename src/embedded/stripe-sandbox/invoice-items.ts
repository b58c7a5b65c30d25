import { readCurrency } from './currencies.ts';
import { invalid, missingParam } from './errors.ts';
import { emit } from './events.ts';
import type { Params } from './form.ts';
import { newId } from './ids.ts';
import { amountOf, type LineDraft } from './invoice-lines.ts';
import { flag, hash, integer, mergedMetadata, required, text } from './params.ts';
import { all, find, load, loadParam, remove, type Session, save } from './session.ts';
import type { InvoiceItem } from './types.ts';

type Waiting = {
  customer: string;
  currency: string;
  subscription: string | null;
  draft: LineDraft;
  metadata?: InvoiceItem['metadata'];
};

/** Waits for the customer's next invoice. */
export function addInvoiceItem(
  session: Session,
  { customer, currency, subscription, draft, metadata = {} }: Waiting,
): InvoiceItem {
  const { amount, description, price, quantity, period, isProration, isDiscountable } = draft;
  const details = { subscription: subscription ?? '', ...(draft.item && { subscription_item: draft.item }) };
  const item = save(session, 'invoiceitems', {
    id: newId('ii'),
    object: 'invoiceitem',
    amount,
    currency,
    customer,
    customer_account: null,
    date: session.now,
    description,
    discountable: isDiscountable,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata,
    parent: subscription ? { subscription_details: details, type: 'subscription_details' } : null,
    period,
    pricing: {
      type: 'price_details',
      price_details: { price: price?.id ?? '', product: price?.product ?? '' },
      unit_amount_decimal: price?.unit_amount_decimal ?? String(amount),
    },
    proration: isProration,
    quantity,
    quantity_decimal: String(quantity),
    tax_rates: [],
    test_clock: null,
    _item: draft.item,
  });
  emit(session, 'invoiceitem.created', { of: item });
  return item;
}

export function createInvoiceItem(session: Session, params: Params): InvoiceItem {
  const customer = loadParam(session, { in: 'customers', id: required(params, 'customer'), param: 'customer' }).id;
  const id = text(params, 'price') ?? text(hash(params, 'pricing') ?? {}, 'price');
  const price = id ? loadParam(session, { in: 'prices', id, param: 'pricing[price]' }) : null;
  const quantity = integer(params, 'quantity') ?? 1;
  const amount = price ? amountOf({ price, quantity }) : integer(params, 'amount');
  if (amount === undefined) throw missingParam('amount');
  const draft: LineDraft = {
    amount,
    description: text(params, 'description') ?? price?.nickname ?? 'One-off item',
    price,
    quantity,
    period: { start: session.now, end: session.now },
    item: null,
    isProration: false,
    isDiscountable: flag(params, 'discountable') ?? amount > 0,
  };
  const currency = price?.currency ?? readCurrency(required(params, 'currency'));
  const subscription = text(params, 'subscription') ?? null;
  return addInvoiceItem(session, { customer, currency, subscription, draft, metadata: mergedMetadata(params) });
}

/** The lines that wait; they are taken once. */
export function takePendingLines(
  session: Session,
  about: { customer: string; subscription: string | null; currency: string; invoice: string },
): LineDraft[] {
  const waiting = all(session, 'invoiceitems').filter((item) => {
    const owner = item.parent?.subscription_details?.subscription ?? null;
    const isOurs = owner === null || owner === about.subscription;
    return item.customer === about.customer && item.invoice === null && isOurs && item.currency === about.currency;
  });
  return waiting.map((item) => {
    save(session, 'invoiceitems', { ...item, invoice: about.invoice });
    return {
      amount: item.amount,
      description: item.description ?? '',
      price: find(session, { in: 'prices', id: item.pricing.price_details.price }) ?? null,
      quantity: item.quantity,
      period: item.period,
      item: item._item,
      isProration: item.proration,
      isDiscountable: item.discountable,
      invoiceItem: item.id,
    };
  });
}

export function deleteInvoiceItem(session: Session, id: string) {
  const item = load(session, 'invoiceitems', id);
  if (item.invoice) throw invalid('You cannot delete an invoice item that is on an invoice.');
  remove(session, { in: 'invoiceitems', id });
  emit(session, 'invoiceitem.deleted', { of: item });
  return { id, object: 'invoiceitem', deleted: true };
}
