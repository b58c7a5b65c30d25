import { type CardPayments, CardRefused } from './card-payments.ts';
import { createAsk, type StripeSettings } from './stripe-client.ts';
import { couponsOf } from './stripe-coupons.ts';
import { customersOf } from './stripe-customers.ts';
import { eventsOf } from './stripe-events.ts';
import { intentsOf } from './stripe-intents.ts';
import { invoicesOf } from './stripe-invoices.ts';
import { priceChangesOf } from './stripe-price-changes.ts';
import { refundsOf } from './stripe-refunds.ts';
import { signaturesOf } from './stripe-signatures.ts';
import { subscriptionsOf } from './stripe-subscriptions.ts';

type Settings = StripeSettings & { publishableKey: string; webhookSecrets: readonly string[] };

/** With an `apiUrl` the sandbox is there, which speaks as Stripe does. */
export function createStripe(settings: Settings): CardPayments {
  const { secretKey, publishableKey, webhookSecrets, apiUrl } = settings;
  const ask = createAsk({ secretKey, apiUrl });
  return {
    publishableKey,
    apiBase: apiUrl === undefined ? 'https://api.stripe.com' : new URL(apiUrl).origin,
    mode: apiUrl === undefined ? modeOf(secretKey) : 'sandbox',
    ...customersOf(ask),
    ...intentsOf(ask),
    ...refundsOf(ask),
    ...couponsOf(ask),
    ...subscriptionsOf(ask),
    ...priceChangesOf(ask),
    ...invoicesOf(ask),
    ...eventsOf(ask),
    ...signaturesOf(ask, webhookSecrets),
    refusalOf: (error) => (error instanceof CardRefused ? error : null),
  };
}

function modeOf(secretKey: string): 'test' | 'live' {
  return /^(sk|rk)_live_/.test(secretKey) ? 'live' : 'test';
}
