import { expect } from 'vitest';
import { confirm, tell } from './payments.ts';
import type { Person } from './people.ts';
import { quickPerson } from './quick-people.ts';
import type { Answer, TestApp } from './test-app.ts';

type Shop = { tenantId: string; productId: string; tierId: string };
export type Purchases = { customer: Person; params: Record<string, string> };

/**
 * A customer with a payment that has succeeded, a refund that they ask for, and a subscription that runs. The processor's
 * webhooks are not connected: what it has to tell of these is told here.
 */
export async function buySomething(test: TestApp, { tenantId, productId, tierId }: Shop): Promise<Purchases> {
  const customer = await quickPerson(test, 'customer');
  const { token } = customer;
  const { payment, event } = await buyProduct(test, { tenantId, productId, token });
  const { id: paymentId, trackingId } = payment;
  const asked = await test.call('POST', `payments/refund/${paymentId}`, { token, body: { amount: 500 } });
  const { refund } = dataOf(asked);
  const subscribed = await test.call('POST', 'stripe/subscribe', { token, body: { tenantId, tierId } });
  const { subscriptionId, clientSecret } = dataOf(subscribed);
  await confirm(test, clientSecret);
  dataOf(await tell(test, await eventAbout(test, 'customer.subscription.updated', { subscriptionId })));
  const { subscription } = dataOf(await test.call('GET', `stripe/subscriptions/${subscriptionId}`, { token }));
  expect(subscription.status).toBe('active');
  return { customer, params: { paymentId, trackingId, refundId: refund.id, subscriptionId, eventId: event.id } };
}

type Buying = { tenantId: string; productId: string; token: string };

/** A payment that its buyer has made, as far as the processor knows: its event is still to be told. */
export async function payForProduct(test: TestApp, { tenantId, productId, token }: Buying) {
  const body = { tenantId, items: [{ productId, quantity: 2 }] };
  const { payment, card } = dataOf(await test.call('POST', 'payments/create', { token, body }));
  await confirm(test, card.clientSecret);
  const event = await eventAbout(test, 'payment_intent.succeeded', { paymentId: payment.id });
  return { payment, event, intentId: card.paymentIntentId as string };
}

export async function buyProduct(test: TestApp, buying: Buying) {
  const paid = await payForProduct(test, buying);
  dataOf(await tell(test, paid.event));
  return paid;
}

/** The newest event of the type about what the processor keeps for this object of ours. */
async function eventAbout(test: TestApp, type: string, named: Record<string, string>) {
  const { data } = await test.sandbox.stripe.events.list({ type, limit: 20 });
  const isMeant = ({ metadata = {} }: { metadata?: Record<string, string> }) =>
    Object.entries(named).every(([name, id]) => metadata[name] === id);
  const event = data.find((one) => isMeant(one.data.object as object));
  if (!event) throw new Error(`the processor has no ${type} of ${JSON.stringify(named)}`);
  return event;
}

function dataOf({ status, text, body }: Answer) {
  expect(status, text).toBeLessThan(300);
  return body.data;
}
