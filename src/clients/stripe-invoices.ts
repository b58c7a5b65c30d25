import type Stripe from 'stripe';
import type { CardInvoice, CardPayments } from './card-payments.ts';
import { fromStripeAmount } from './stripe-amounts.ts';
import { type Ask, optionsOf } from './stripe-client.ts';
import { idOf, instantOf, maybeInstantOf } from './stripe-fields.ts';

export function invoicesOf(ask: Ask): Pick<CardPayments, 'findInvoice'> {
  return {
    findInvoice: async ({ invoiceId, ...call }) => {
      const expand = ['payments'];
      return toCardInvoice(await ask((stripe) => stripe.invoices.retrieve(invoiceId, { expand }, optionsOf(call))));
    },
  };
}

function toCardInvoice(invoice: Stripe.Invoice): CardInvoice {
  const { currency } = invoice;
  const discount = (invoice.total_discount_amounts ?? []).reduce((sum, { amount }) => sum + amount, 0);
  const period = periodOf(invoice);
  return {
    id: invoice.id,
    status: (invoice.status ?? 'draft') as CardInvoice['status'],
    subscriptionId: subscriptionIdOf(invoice),
    subtotal: fromStripeAmount(invoice.subtotal, currency),
    discount: fromStripeAmount(discount, currency),
    amountPaid: fromStripeAmount(invoice.amount_paid, currency),
    currency: currency.toUpperCase(),
    intentId: intentIdOf(invoice),
    paidAt: maybeInstantOf(invoice.status_transitions.paid_at),
    isForPeriod: invoice.lines.data.some((line) => !isProration(line)),
    periodStart: instantOf(period.start),
    periodEnd: instantOf(period.end),
  };
}

export function subscriptionIdOf({ parent }: Stripe.Invoice): string | null {
  return idOf(parent?.subscription_details?.subscription);
}

function intentIdOf({ payments }: Stripe.Invoice): string | null {
  const paid = payments?.data.find(({ status }) => status === 'paid');
  return idOf(paid?.payment.payment_intent);
}

/** Of the lines: the invoice's own looks back at the period before. */
function periodOf({ lines, period_start, period_end }: Stripe.Invoice): { start: number; end: number } {
  const whole = lines.data.filter((line) => !isProration(line));
  const periods = (whole.length > 0 ? whole : lines.data).map(({ period }) => period);
  if (periods.length === 0) return { start: period_start, end: period_end };
  return { start: Math.min(...periods.map(({ start }) => start)), end: Math.max(...periods.map(({ end }) => end)) };
}

function isProration({ parent }: Stripe.InvoiceLineItem): boolean {
  return (parent?.subscription_item_details ?? parent?.invoice_item_details)?.proration ?? false;
}
