import type Stripe from 'stripe';
import type { CardCharge, CardEvent, CardEventObject, CardPayments } from './card-payments.ts';
import { type Ask, optionsOf } from './stripe-client.ts';
import { instantOf } from './stripe-fields.ts';
import { toCardIntent } from './stripe-intents.ts';
import { subscriptionIdOf } from './stripe-invoices.ts';
import { toCardDispute, toCardRefund } from './stripe-refunds.ts';

const MAX_EVENTS = 1_000;
const PAGE = 100;

export function eventsOf(ask: Ask): Pick<CardPayments, 'listEvents' | 'eventOf'> {
  return {
    eventOf: (payload, account) => toCardEvent(payload as unknown as Stripe.Event, account),
    listEvents: ({ since, account }) =>
      ask(async (stripe) => {
        const params = { created: { gte: Math.floor(since.getTime() / 1000) }, limit: PAGE };
        const found: Stripe.Event[] = [];
        // Newest first: of too many the oldest are kept, so that whoever goes on from the last one misses none.
        for await (const event of stripe.events.list(params, optionsOf({ account }))) {
          found.push(event);
          if (found.length > MAX_EVENTS) found.shift();
        }
        return found.reverse().map((event) => toCardEvent(event, account));
      }),
  };
}

/** `account` is whose list the event was in, in case it does not say so itself. */
export function toCardEvent(event: Stripe.Event, account: string | null = null): CardEvent {
  return {
    id: event.id,
    type: event.type,
    account: event.account ?? account,
    livemode: event.livemode,
    apiVersion: event.api_version,
    createdAt: instantOf(event.created),
    object: objectOf(event.data.object as { object?: string; id?: string }),
    payload: withoutSecret(event),
  };
}

/** Whoever has the secret of an intent can pay it: nobody needs it kept. */
function withoutSecret(event: Stripe.Event): Record<string, unknown> {
  const { client_secret: _secret, ...object } = event.data.object as Stripe.PaymentIntent;
  return storable({ ...event, data: { ...event.data, object } });
}

/** By the object's own kind: types of events come and go. The invoice of invoice.upcoming has no id yet. */
function objectOf(object: { object?: string; id?: string }): CardEventObject {
  if (typeof object.id !== 'string') return { kind: 'other' };
  switch (object.object) {
    case 'payment_intent':
      return { kind: 'intent', intent: toCardIntent(object as Stripe.PaymentIntent) };
    case 'charge':
      return { kind: 'charge', charge: toCardCharge(object as Stripe.Charge) };
    case 'refund':
      return { kind: 'refund', refund: toCardRefund(object as Stripe.Refund) };
    case 'dispute':
      return { kind: 'dispute', dispute: toCardDispute(object as Stripe.Dispute) };
    case 'subscription':
      return { kind: 'subscription', subscriptionId: object.id, metadata: (object as Stripe.Subscription).metadata };
    case 'invoice':
      return { kind: 'invoice', invoiceId: object.id, subscriptionId: subscriptionIdOf(object as Stripe.Invoice) };
    default:
      return { kind: 'other' };
  }
}

function toCardCharge({
  payment_intent: intent,
  paid,
  payment_method_details: details,
  metadata,
}: Stripe.Charge): CardCharge {
  const intentId = typeof intent === 'string' ? intent : (intent?.id ?? null);
  return { intentId, isPaid: paid, fingerprint: details?.card?.fingerprint ?? null, metadata };
}

/** As the database can keep it: metadata may hold what JSON can say and jsonb cannot. */
function storable(payload: object): Record<string, unknown> {
  const text = JSON.stringify(payload);
  if (!/\\u(0000|d[89a-f])/i.test(text)) return payload as Record<string, unknown>;
  const clean = (_key: string, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed().replaceAll('\u0000', '') : value;
  return JSON.parse(text, clean);
}
