import type Stripe from 'stripe';
import type { CardDispute, CardPayments, CardRefund } from './card-payments.ts';
import { fromStripeAmount, toStripeAmount } from './stripe-amounts.ts';
import { type Ask, optionsOf } from './stripe-client.ts';
import { idOf, instantOf } from './stripe-fields.ts';

type Refunds = Pick<CardPayments, 'createRefund' | 'findRefund'>;

const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

export function refundsOf(ask: Ask): Refunds {
  return {
    createRefund: async ({ intentId, amount, currency, reason, metadata, ...call }) => {
      const known = REASONS.find((one) => one === reason);
      const params = {
        payment_intent: intentId,
        amount: toStripeAmount(amount, currency),
        metadata,
        ...(known && { reason: known }),
      };
      return toCardRefund(await ask((stripe) => stripe.refunds.create(params, optionsOf(call))));
    },
    findRefund: async ({ refundId, ...call }) =>
      toCardRefund(await ask((stripe) => stripe.refunds.retrieve(refundId, {}, optionsOf(call)))),
  };
}

export function toCardRefund(refund: Stripe.Refund): CardRefund {
  return {
    id: refund.id,
    status: (refund.status ?? 'pending') as CardRefund['status'],
    amount: fromStripeAmount(refund.amount, refund.currency),
    currency: refund.currency.toUpperCase(),
    intentId: idOf(refund.payment_intent),
    failureReason: refund.failure_reason ?? null,
    metadata: refund.metadata ?? {},
  };
}

export function toCardDispute(dispute: Stripe.Dispute): CardDispute {
  return {
    id: dispute.id,
    intentId: idOf(dispute.payment_intent),
    amount: fromStripeAmount(dispute.amount, dispute.currency),
    currency: dispute.currency.toUpperCase(),
    reason: dispute.reason,
    status: dispute.status,
    createdAt: instantOf(dispute.created),
  };
}
