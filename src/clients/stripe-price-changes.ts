import type Stripe from 'stripe';
import { type CardPayments, CardRefused } from './card-payments.ts';
import { fromStripeAmount } from './stripe-amounts.ts';
import { type Ask, optionsOf } from './stripe-client.ts';
import { itemOf, SUBSCRIPTION_EXPANSIONS, toCardSubscription } from './stripe-subscription.ts';

type PriceChanges = Pick<CardPayments, 'changePrice' | 'previewPriceChange'>;

export function priceChangesOf(ask: Ask): PriceChanges {
  const find = (id: string, options: Stripe.RequestOptions) =>
    ask((stripe) => stripe.subscriptions.retrieve(id, {}, options));
  return {
    changePrice: async ({ subscriptionId, priceId, account, idempotencyKey }) => {
      const { id } = itemOf(await find(subscriptionId, optionsOf({ account })));
      const params: Stripe.SubscriptionUpdateParams = {
        items: [{ id, price: priceId }],
        payment_behavior: 'pending_if_incomplete',
        proration_behavior: 'always_invoice',
        expand: SUBSCRIPTION_EXPANSIONS,
      };
      const options = optionsOf({ account, idempotencyKey });
      return toCardSubscription(await ask((stripe) => stripe.subscriptions.update(subscriptionId, params, options)));
    },
    previewPriceChange: async ({ subscriptionId, priceId, account }) => {
      const options = optionsOf({ account });
      const subscription = await find(subscriptionId, options);
      const currency = subscription.currency.toUpperCase();
      // Stripe would show the invoice that ends the trial: nothing is charged now.
      if (subscription.status === 'trialing') return { amount: 0, currency };
      const items = [{ id: itemOf(subscription).id, price: priceId }];
      const params: Stripe.InvoiceCreatePreviewParams = {
        subscription: subscriptionId,
        subscription_details: { items, proration_behavior: 'always_invoice' },
      };
      try {
        const { amount_due } = await ask((stripe) => stripe.invoices.createPreview(params, options));
        return { amount: fromStripeAmount(amount_due, currency), currency };
      } catch (error) {
        if (error instanceof CardRefused && error.code === 'invoice_upcoming_none') return { amount: 0, currency };
        throw error;
      }
    },
  };
}
