import { feeOf, recordBalance } from './charges.ts';
import { amountText } from './currencies.ts';
import { invalid } from './errors.ts';
import { changed, emit } from './events.ts';
import type { Params } from './form.ts';
import { choice, integer } from './params.ts';
import { moveIntent, unexpectedState } from './payment-intents.ts';
import { load, type Session, save } from './session.ts';
import type { PaymentIntent } from './types.ts';

const REASONS = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;
const CANCELABLE = [
  'requires_payment_method',
  'requires_capture',
  'requires_confirmation',
  'requires_action',
  'processing',
];

export function captureIntent(
  session: Session,
  { intent, params }: { intent: PaymentIntent; params: Params },
): PaymentIntent {
  if (intent.status !== 'requires_capture' || !intent.latest_charge) {
    const message = `This PaymentIntent could not be captured because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.`;
    throw unexpectedState(intent, message);
  }
  const amount = integer(params, 'amount_to_capture') ?? intent.amount_capturable;
  if (amount < 1 || amount > intent.amount_capturable) {
    const most = amountText(intent.amount_capturable, intent.currency);
    throw invalid(`The amount to capture must be from 1 to ${most}.`, {
      code: 'amount_too_large',
      param: 'amount_to_capture',
    });
  }
  const before = load(session, 'charges', intent.latest_charge);
  const { currency } = intent;
  const charge = save(session, 'charges', {
    ...before,
    captured: true,
    amount_captured: amount,
    amount_refunded: before.amount - amount,
    balance_transaction: recordBalance(session, {
      amount,
      currency,
      source: before.id,
      type: 'charge',
      fee: feeOf(amount),
    }),
  });
  emit(session, 'charge.captured', { of: charge, before: changed(before, charge) });
  const done: PaymentIntent = { ...intent, status: 'succeeded', amount_capturable: 0, amount_received: amount };
  const after = moveIntent(session, { intent: done, event: 'succeeded' });
  session.world.hooks.intentSettled(session, after);
  return after;
}

export function cancelIntent(
  session: Session,
  { intent, params }: { intent: PaymentIntent; params: Params },
): PaymentIntent {
  if (!CANCELABLE.includes(intent.status)) {
    const message = `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be canceled: ${CANCELABLE.join(', ')}.`;
    throw unexpectedState(intent, message);
  }
  if (intent._invoice) {
    throw invalid(
      'You cannot cancel this PaymentIntent because it was created by an Invoice: void the invoice instead.',
    );
  }
  return releaseIntent(session, {
    intent,
    reason: choice(params, { name: 'cancellation_reason', of: REASONS }) ?? null,
  });
}

/** Ends an intent that was not paid, and gives back what it holds on the card. */
export function releaseIntent(
  session: Session,
  { intent, reason }: { intent: PaymentIntent; reason: PaymentIntent['cancellation_reason'] },
): PaymentIntent {
  if (intent.status === 'requires_capture' && intent.latest_charge) {
    const before = load(session, 'charges', intent.latest_charge);
    const charge = save(session, 'charges', { ...before, amount_refunded: before.amount, refunded: true });
    emit(session, 'charge.refunded', { of: charge, before: changed(before, charge) });
  }
  const canceled: PaymentIntent = {
    ...intent,
    amount_capturable: 0,
    canceled_at: session.now,
    cancellation_reason: reason,
    next_action: null,
    status: 'canceled',
  };
  return moveIntent(session, { intent: canceled, event: 'canceled' });
}
