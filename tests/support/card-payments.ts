import { expect } from 'vitest';
import type { CardIntent, NewSubscription } from '#src/clients/card-payments.ts';
import { createStripe } from '#src/clients/stripe.ts';
import { PUBLISHABLE_KEY, type Sandbox, SECRET_KEY, startSandbox, WEBHOOK_SECRET } from './stripe-sandbox.ts';

export const SECOND_SECRET = 'whsec_second_0123456789';
export const UNAVAILABLE = { code: 'SERVICE_UNAVAILABLE', statusCode: 503, details: { retryAfterSeconds: 5 } };

export function stripeSettings(url: string) {
  const webhookSecrets = [WEBHOOK_SECRET, SECOND_SECRET];
  return { secretKey: SECRET_KEY, publishableKey: PUBLISHABLE_KEY, webhookSecrets, apiUrl: url };
}

/** The gateway on a sandbox of its own, and what tests begin with. All is the platform's own unless an account is named. */
export async function startCards(options: { webhookUrl?: string } = {}) {
  const sandbox = await startSandbox(options);
  const settings = stripeSettings(sandbox.url);
  const cards = createStripe(settings);
  const confirm = confirmationOf(sandbox);
  let keys = 0;
  const key = () => `key-${++keys}`;
  const newCustomer = (account: string | null = null) => {
    const about = { name: 'Ada', email: 'ada@shop.example', metadata: { userId: 'u1' } };
    return cards.createCustomer({ account, idempotencyKey: key(), ...about });
  };
  const newIntent = async ({ account = null, ...given }: Partial<IntentInput> = {}) => {
    const about = { amount: 1099, currency: 'EUR', description: 'Order 7', metadata: { paymentId: 'p7' } };
    const customerId = await newCustomer(account);
    return cards.createIntent({ account, idempotencyKey: key(), customerId, ...about, ...given });
  };
  const paidIntent = async (card?: string): Promise<CardIntent> => {
    const { id: intentId, clientSecret } = await newIntent();
    await confirm(clientSecret, card);
    return cards.findIntent({ account: null, intentId });
  };
  const newPrice = (amount = 1000, interval: 'month' | 'year' = 'month') => {
    const about = { name: 'Gold', amount, currency: 'EUR', interval, metadata: { tierId: 't1' } };
    return cards.createPrice({ account: null, idempotencyKey: key(), ...about });
  };
  const subscribed = async (given: Partial<NewSubscription> = {}) => {
    const [customerId, priceId] = [await newCustomer(), await newPrice()];
    const about = { customerId, priceId, trialDays: 0, discount: null, metadata: { subscriptionId: 's1' } };
    return cards.createSubscription({ account: null, idempotencyKey: key(), ...about, ...given });
  };
  const activeSubscription = async () => {
    const { id: subscriptionId, clientSecret } = await subscribed();
    expect((await confirm(clientSecret)).body.status).toBe('succeeded');
    return cards.findSubscription({ account: null, subscriptionId });
  };
  const refusalOf = async (promise: Promise<unknown>) => cards.refusalOf(await errorOf(promise));
  const made = { newCustomer, newIntent, paidIntent, newPrice, subscribed, activeSubscription };
  return { ...sandbox, settings, cards, key, confirm, refusalOf, ...made };
}

type IntentInput = { account: string | null; amount: number; currency: string; idempotencyKey: string };

/** What the browser of a buyer does. */
function confirmationOf({ browser }: Sandbox) {
  return (clientSecret: string | null, card = 'pm_card_visa') => {
    const secret = clientSecret ?? '';
    const [id = ''] = secret.split('_secret_');
    const area = id.startsWith('seti_') ? 'setup_intents' : 'payment_intents';
    const fields = { client_secret: secret, payment_method: card, return_url: 'https://shop.example/' };
    return browser(`/v1/${area}/${id}/confirm`, fields);
  };
}

/** What a call that must fail throws. */
export async function errorOf(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );
}
