import type Stripe from 'stripe';
import {
  type CardPayments,
  CardRefused,
  type CardSubscription,
  type Keyed,
  type NewSubscription,
  type OnAccount,
} from './card-payments.ts';
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
    createSubscription: createWith(answer),
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

type Answer = (run: (stripe: Stripe) => Promise<Stripe.Subscription>) => Promise<CardSubscription>;

function createWith(answer: Answer): Subscriptions['createSubscription'] {
  return async ({ discount, idempotencyKey, ...subscription }) => {
    const create = (key: string, discounts?: Discounts) =>
      answer((stripe) => createOne(stripe, { ...subscription, idempotencyKey: key, discounts }));
    if (discount === null) return create(idempotencyKey);
    try {
      return await create(idempotencyKey, [{ promotion_code: discount.promotionId }]);
    } catch (error) {
      // Who has taken a use of the coupon gets it, though it was switched off or used up a moment later.
      const isOff = error instanceof CardRefused && /promotion_code|discounts/.test(error.param ?? '');
      if (!isOff) throw error;
      return create(`${idempotencyKey}-coupon`, [{ coupon: discount.couponId }]);
    }
  };
}

type Discounts = Stripe.SubscriptionCreateParams.Discount[];
type One = Omit<NewSubscription, 'discount'> & OnAccount & Keyed & { discounts: Discounts | undefined };

function createOne(stripe: Stripe, one: One): Promise<Stripe.Subscription> {
  const { customerId, priceId, trialDays, metadata, discounts, account, idempotencyKey } = one;
  const params: Stripe.SubscriptionCreateParams = {
    customer: customerId,
    items: [{ price: priceId }],
    payment_behavior: 'default_incomplete',
    payment_settings: { save_default_payment_method: 'on_subscription' },
    metadata,
    expand,
    ...(discounts && { discounts }),
    ...(trialDays > 0 && { trial_period_days: trialDays }),
  };
  return stripe.subscriptions.create(params, optionsOf({ account, idempotencyKey }));
}
