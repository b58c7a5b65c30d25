import { chargeFault } from './card-errors.ts';
import { createCharge } from './charges.ts';
import { createDispute } from './disputes.ts';
import type { FaultBody, StripeFault } from './errors.ts';
import { emit } from './events.ts';
import { moveIntent } from './payment-intents.ts';
import { attach, isBankDebit } from './payment-methods.ts';
import { load, type Session, save } from './session.ts';
import { changeSettings, readSettings } from './settings.ts';
import { cardNumbered, type Decline } from './test-cards.ts';
import type { PaymentIntent, PaymentMethod } from './types.ts';

export type Outcome = { intent: PaymentIntent; fault?: StripeFault };
type Payment = { intent: PaymentIntent; method: PaymentMethod };

/** Charges the card: all that could stop the payment before has been asked. */
export function finishIntent(session: Session, { intent, method }: Payment): Outcome {
  const decline =
    nextDecline(session, intent) ?? (isBankDebit(method) ? undefined : cardNumbered(method._number).decline);
  if (decline) return declineIntent(session, { intent, method, decline });
  const isManual = intent.capture_method === 'manual';
  const charge = createCharge(session, { intent, method, isCaptured: !isManual });
  emit(session, 'charge.succeeded', { of: charge });
  keepMethod(session, { intent, method });
  const { amount } = intent;
  const paid: PaymentIntent = {
    ...intent,
    payment_method: method.id,
    latest_charge: charge.id,
    last_payment_error: null,
    next_action: null,
    processing: null,
    status: isManual ? 'requires_capture' : 'succeeded',
    amount_capturable: isManual ? amount : 0,
    amount_received: isManual ? 0 : amount,
  };
  const after = moveIntent(session, { intent: paid, event: isManual ? 'amount_capturable_updated' : 'succeeded' });
  const { dispute } = cardNumbered(method._number);
  if (dispute) createDispute(session, { charge, reason: dispute });
  session.world.hooks.intentSettled(session, after);
  return { intent: after };
}

function nextDecline(session: Session, { customer }: PaymentIntent): Decline | undefined {
  const { declines } = readSettings(session.world);
  const next = declines.find((one) => one.customer === undefined || one.customer === customer);
  if (!next) return undefined;
  changeSettings(session.world, { declines: declines.filter((one) => one !== next) });
  const { customer: _customer, ...decline } = next;
  return decline;
}

// A card that is meant for later payments stays with its customer.
function keepMethod(session: Session, { intent, method }: Payment): void {
  if (!intent.setup_future_usage || !intent.customer) return;
  const attached = attach(session, { method, customer: intent.customer });
  save(session, 'payment_methods', { ...attached, _isSetUp: true });
}

export function declineIntent(session: Session, { intent, method, decline }: Payment & { decline: Decline }): Outcome {
  const charge = createCharge(session, { intent, method, decline, isCaptured: false });
  emit(session, 'charge.failed', { of: charge });
  return failIntent(session, {
    intent: { ...intent, latest_charge: charge.id },
    error: {
      type: 'card_error',
      ...decline,
      charge: charge.id,
      payment_method: load(session, 'payment_methods', method.id),
    },
  });
}

/** The intent waits for another card; `error` is what the client is told. */
export function failIntent(session: Session, { intent, error }: { intent: PaymentIntent; error: FaultBody }): Outcome {
  const failed = moveIntent(session, {
    intent: {
      ...intent,
      last_payment_error: error as PaymentIntent['last_payment_error'],
      next_action: null,
      payment_method: null,
      processing: null,
      status: 'requires_payment_method',
    },
    event: 'payment_failed',
  });
  session.world.hooks.intentSettled(session, failed);
  return { intent: failed, fault: chargeFault({ ...error, payment_intent: failed }) };
}
