import { newId } from './ids.ts';
import { type Session, save } from './session.ts';
import type { Decline } from './test-cards.ts';
import type { BalanceTransaction, Charge, PaymentIntent, PaymentMethod } from './types.ts';

type Movement = { amount: number; currency: string; source: string; type: BalanceTransaction['type']; fee?: number };

export function recordBalance(session: Session, { amount, currency, source, type, fee = 0 }: Movement): string {
  const { id } = save(session, 'balance_transactions', {
    id: newId('txn'),
    object: 'balance_transaction',
    amount,
    available_on: session.now,
    balance_type: 'payments',
    created: session.now,
    currency,
    description: null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [{ amount: fee, application: null, currency, description: 'Stripe processing fees', type: 'stripe_fee' }],
    net: amount - fee,
    reporting_category: type,
    source,
    status: 'available',
    type,
  });
  return id;
}

/** Stripe's usual share, so that a report of fees has something to show. */
export function feeOf(amount: number): number {
  return Math.round(amount * 0.029) + 30;
}

type Making = { intent: PaymentIntent; method: PaymentMethod; decline?: Decline; isCaptured: boolean };

const NO_CHARGE = {
  amount_refunded: 0,
  application: null,
  application_fee: null,
  disputed: false,
  failure_balance_transaction: null,
  fraud_details: {},
  livemode: false,
  on_behalf_of: null,
  receipt_number: null,
  refunded: false,
  review: null,
  shipping: null,
  source: null,
  source_transfer: null,
  transfer_data: null,
};

export function createCharge(session: Session, { intent, method, decline, isCaptured }: Making): Charge {
  const id = newId('ch');
  const { amount, currency } = intent;
  const isPaid = decline === undefined;
  const balance =
    isPaid && isCaptured
      ? recordBalance(session, { amount, currency, source: id, type: 'charge', fee: feeOf(amount) })
      : null;
  return save(session, 'charges', {
    ...NO_CHARGE,
    id,
    object: 'charge',
    amount,
    amount_captured: isPaid && isCaptured ? amount : 0,
    application_fee_amount: intent.application_fee_amount,
    balance_transaction: balance,
    billing_details: method.billing_details as Charge['billing_details'],
    calculated_statement_descriptor: intent.statement_descriptor ?? 'SANDBOX',
    captured: isPaid && isCaptured,
    created: session.now,
    currency,
    customer: intent.customer,
    description: intent.description,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    metadata: intent.metadata,
    outcome: outcomeOf(decline),
    paid: isPaid,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: detailsOf(method, amount),
    receipt_email: intent.receipt_email,
    receipt_url: isPaid ? `${session.world.baseUrl()}/_sandbox/receipts/${id}` : null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: isPaid ? 'succeeded' : 'failed',
    transfer_group: intent.transfer_group,
  });
}

function outcomeOf(decline?: Decline): Charge['outcome'] {
  const risk = {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: decline ? '01' : null,
    risk_level: 'normal',
    risk_score: 12,
  };
  if (!decline) {
    return {
      ...risk,
      network_status: 'approved_by_network',
      reason: null,
      seller_message: 'Payment complete.',
      type: 'authorized',
    };
  }
  return {
    ...risk,
    network_status: 'declined_by_network',
    reason: decline.decline_code ?? decline.code,
    seller_message: 'The bank did not return any further details with this decline.',
    type: 'issuer_declined',
  };
}

function detailsOf({ card, type }: PaymentMethod, amount: number): Charge['payment_method_details'] {
  if (!card) return { type };
  const { brand, checks, country, exp_month, exp_year, fingerprint, funding, last4 } = card;
  return {
    type: 'card',
    card: {
      amount_authorized: amount,
      authorization_code: '123456',
      brand,
      checks,
      country,
      electronic_commerce_indicator: null,
      exp_month,
      exp_year,
      fingerprint,
      funding,
      installments: null,
      last4,
      mandate: null,
      network: brand,
      network_transaction_id: '104102978678771',
      regulated_status: 'unregulated',
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
  };
}
