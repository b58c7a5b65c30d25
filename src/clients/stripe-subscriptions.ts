import type Stripe from 'stripe';
import { type CardPayments, CardRefused, type CardSubscription, type NewSubscription } from './card-payments.ts';
import { toStripeAmount } from './stripe-amounts.ts';
import { type Ask, optionsOf } from './stripe-client.ts';
import { SUBSCRIPTION_EXPANSIONS, toCardSubscription } from './stripe-subscription.ts';

type Subscriptions = Pick<
  CardPayments,
  'createPrice' | 'createSubscription' | 'findSubscription' | 'cancelSubscription' | 'setCancelAtPeriodEnd'
>;

const expand = SUBSCRIPTION_EXPANSIONS;
const ENDED: readonly CardSubscription['status'][] = ['canceled', 'incomplete_expired'];

export function subscriptionsOf(ask: Ask): Subscriptions {
  const answer = async (run: (stripe: Stripe) => Promise<Stripe.Subscription>) => toCardSubscription(await ask(run));
  const findSubscription: Subscriptions['findSubscription'] = ({ subscriptionId, ...call }) =>
    answer((stripe) => stripe.subscriptions.retrieve(subscriptionId, { expand }, optionsOf(call)));
  return {
    findSubscription,
    createPrice: async ({ name, amount, currency, interval, metadata, ...call }) => {
      const params = {
        unit_amount: toStripeAmount(amount, currency),
        currency: currency.toLowerCase(),
        recurring: { interval },
        product_data: { name },
        metadata,
      };
      const { id } = await ask((stripe) => stripe.prices.create(params, optionsOf(call)));
      return id;
    },
    createSubscription: ({ account, idempotencyKey, ...subscription }) => {
      const options = optionsOf({ account, idempotencyKey });
      return answer((stripe) => stripe.subscriptions.create(paramsOf(subscription), options));
    },
    cancelSubscription: async ({ subscriptionId, ...call }) => {
      try {
        return await answer((stripe) => stripe.subscriptions.cancel(subscriptionId, { expand }, optionsOf(call)));
      } catch (error) {
        // One that has ended is missing for whoever cancels it, and there for whoever reads it.
        if (!(error instanceof CardRefused)) throw error;
        const found = await findSubscription({ subscriptionId, ...call });
        if (ENDED.includes(found.status)) return found;
        throw error;
      }
    },
    setCancelAtPeriodEnd: ({ subscriptionId, cancelAtPeriodEnd, ...call }) => {
      const params = { cancel_at_period_end: cancelAtPeriodEnd, expand };
      return answer((stripe) => stripe.subscriptions.update(subscriptionId, params, optionsOf(call)));
    },
  };
}

function paramsOf({ customerId, priceId, trialDays, metadata }: NewSubscription): Stripe.SubscriptionCreateParams {
  return {
    customer: customerId,
    items: [{ price: priceId }],
    payment_behavior: 'default_incomplete',
    payment_settings: { save_default_payment_method: 'on_subscription' },
    metadata,
    expand,
    ...(trialDays > 0 && { trial_period_days: trialDays }),
  };
}
