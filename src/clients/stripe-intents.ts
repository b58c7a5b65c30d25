import type Stripe from 'stripe';
import { type CardFailure, type CardIntent, type CardPayments, CardRefused } from './card-payments.ts';
import { fromStripeAmount, toStripeAmount } from './stripe-amounts.ts';
import { type Ask, optionsOf } from './stripe-client.ts';

type Intents = Pick<CardPayments, 'createIntent' | 'findIntent' | 'cancelIntent'>;

export function intentsOf(ask: Ask): Intents {
  const findIntent: Intents['findIntent'] = async ({ intentId, ...call }) =>
    toCardIntent(await ask((stripe) => stripe.paymentIntents.retrieve(intentId, {}, optionsOf(call))));
  return {
    findIntent,
    createIntent: async ({ amount, currency, customerId, description, metadata, ...call }) => {
      const params = {
        amount: toStripeAmount(amount, currency),
        currency: currency.toLowerCase(),
        customer: customerId,
        description,
        metadata,
        automatic_payment_methods: { enabled: true },
      };
      return toCardIntent(await ask((stripe) => stripe.paymentIntents.create(params, optionsOf(call))));
    },
    cancelIntent: async ({ intentId, ...call }) => {
      try {
        return toCardIntent(await ask((stripe) => stripe.paymentIntents.cancel(intentId, {}, optionsOf(call))));
      } catch (error) {
        const isLate = error instanceof CardRefused && error.code === 'payment_intent_unexpected_state';
        if (isLate) return findIntent({ intentId, ...call });
        throw error;
      }
    },
  };
}

export function toCardIntent(intent: Stripe.PaymentIntent): CardIntent {
  const { id, status, currency, metadata } = intent;
  return {
    id,
    status: status as CardIntent['status'],
    failure: failureOf(intent),
    amount: fromStripeAmount(intent.amount, currency),
    amountReceived: fromStripeAmount(intent.amount_received, currency),
    currency: currency.toUpperCase(),
    clientSecret: intent.client_secret ?? '',
    metadata,
  };
}

function failureOf({ status, last_payment_error: error }: Stripe.PaymentIntent): CardFailure | null {
  if (!error || status === 'succeeded') return null;
  return { code: error.decline_code ?? error.code ?? error.type, message: error.message ?? '' };
}
