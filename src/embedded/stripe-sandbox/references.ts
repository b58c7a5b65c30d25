import { all, load, type Session } from './session.ts';
import type { Collection } from './types.ts';

/** Which list the id in a field belongs to. */
export const REFERENCES: Readonly<Record<string, Collection>> = {
  customer: 'customers',
  product: 'products',
  default_price: 'prices',
  price: 'prices',
  payment_method: 'payment_methods',
  default_payment_method: 'payment_methods',
  payment_intent: 'payment_intents',
  setup_intent: 'setup_intents',
  pending_setup_intent: 'setup_intents',
  charge: 'charges',
  latest_charge: 'charges',
  refund: 'refunds',
  balance_transaction: 'balance_transactions',
  failure_balance_transaction: 'balance_transactions',
  coupon: 'coupons',
  promotion_code: 'promotion_codes',
  discount: 'discounts',
  discounts: 'discounts',
  subscription: 'subscriptions',
  invoice: 'invoices',
  latest_invoice: 'invoices',
};

export function listOf<T>(url: string, data: T[]) {
  return { object: 'list' as const, data, has_more: false, url };
}

/** Fields that are there only for clients that expand them, by the kind of the object. */
export const INCLUDABLE: Readonly<Record<string, (session: Session, id: string) => unknown>> = {
  'charge.refunds': (session, id) =>
    listOf(
      `/v1/charges/${id}/refunds`,
      all(session, 'refunds')
        .filter(({ charge }) => charge === id)
        .reverse(),
    ),
  'customer.subscriptions': (session, id) =>
    listOf(
      `/v1/customers/${id}/subscriptions`,
      all(session, 'subscriptions').filter(({ customer, status }) => customer === id && status !== 'canceled'),
    ),
  'coupon.applies_to': (session, id) => ({ products: load(session, 'coupons', id)._products ?? [] }),
  'invoice.confirmation_secret': (session, id) => {
    const { _intent } = load(session, 'invoices', id);
    if (!_intent) return null;
    return { client_secret: load(session, 'payment_intents', _intent).client_secret, type: 'payment_intent' };
  },
  'invoice.payments': (session, id) => listOf(`/v1/invoice_payments?invoice=${id}`, invoicePayments(session, id)),
};

/** The payments of an invoice: here always one intent, made when the invoice was finalized. */
export function invoicePayments(session: Session, id: string) {
  const invoice = load(session, 'invoices', id);
  if (!invoice._intent) return [];
  const { currency, status_transitions: times } = invoice;
  const status = invoice.status === 'paid' ? 'paid' : invoice.status === 'void' ? 'canceled' : 'open';
  return [
    {
      id: `inpay_${id.slice(3)}`,
      object: 'invoice_payment' as const,
      amount_paid: status === 'paid' ? invoice.amount_paid : null,
      amount_requested: invoice.amount_due,
      created: times.finalized_at ?? invoice.created,
      currency,
      invoice: id,
      is_default: true,
      livemode: false,
      payment: { type: 'payment_intent', payment_intent: invoice._intent },
      status,
      status_transitions: { canceled_at: times.voided_at, paid_at: times.paid_at },
    },
  ];
}
