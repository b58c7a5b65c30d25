import type { Off } from './discounts.ts';
import { newId } from './ids.ts';
import type { Period } from './periods.ts';
import type { InvoiceLine, Price, SubscriptionItem } from './types.ts';

/** One line before it is on an invoice. */
export type LineDraft = {
  amount: number;
  description: string;
  price: Price | null;
  quantity: number;
  period: Period;
  item: string | null;
  isProration: boolean;
  isDiscountable: boolean;
  invoiceItem?: string;
};

type Placed = LineDraft & { invoice: string; currency: string; subscription: string | null; off: Off[] };

export function lineOf(line: Placed): InvoiceLine {
  const { amount, currency, price, quantity, period, off, invoiceItem = null } = line;
  return {
    id: newId('il'),
    object: 'line_item',
    amount,
    currency,
    description: line.description,
    discount_amounts: off,
    discountable: line.isDiscountable,
    discounts: off.map(({ discount }) => discount),
    invoice: line.invoice,
    livemode: false,
    metadata: {},
    parent: parentOf(line, invoiceItem),
    period,
    pretax_credit_amounts: [],
    pricing: {
      type: 'price_details',
      price_details: { price: price?.id ?? '', product: price?.product ?? '' },
      unit_amount_decimal: price?.unit_amount_decimal ?? String(amount),
    },
    quantity,
    quantity_decimal: String(quantity),
    subscription: line.subscription,
    subtotal: amount,
    taxes: [],
  };
}

function parentOf({ item, isProration, subscription }: Placed, invoiceItem: string | null): InvoiceLine['parent'] {
  if (item && !invoiceItem) {
    return {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: isProration,
        proration_details: { credited_items: null },
        subscription,
        subscription_item: item,
      },
      type: 'subscription_item_details',
    };
  }
  return {
    invoice_item_details: {
      invoice_item: invoiceItem ?? '',
      proration: isProration,
      proration_details: { credited_items: null },
      subscription,
    },
    subscription_item_details: null,
    type: 'invoice_item_details',
  };
}

export function amountOf({ price, quantity }: { price: Price; quantity: number }): number {
  return Math.round(Number(price.unit_amount_decimal ?? 0) * quantity);
}

/** The lines of one period; a trial costs nothing. */
export function periodLines(items: readonly SubscriptionItem[], { isTrial = false } = {}): LineDraft[] {
  return items.map((item) => ({
    amount: isTrial ? 0 : amountOf(item),
    description: isTrial ? 'Trial period' : `${item.quantity} × ${item.price.nickname ?? item.price.product}`,
    price: item.price,
    quantity: item.quantity,
    period: { start: item.current_period_start, end: item.current_period_end },
    item: item.id,
    isProration: false,
    isDiscountable: true,
  }));
}
