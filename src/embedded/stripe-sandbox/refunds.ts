import { recordBalance } from './charges.ts';
import { amountText } from './currencies.ts';
import { invalid, missingParam } from './errors.ts';
import { changed, emit } from './events.ts';
import type { Params } from './form.ts';
import { newId } from './ids.ts';
import { choice, integer, mergedMetadata, text } from './params.ts';
import { find, load, loadParam, type Session, save } from './session.ts';
import { schedule } from './tasks.ts';
import { cardNumbered } from './test-cards.ts';
import type { Charge, Refund } from './types.ts';

const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;
const SETTLEMENT_SECONDS = 5;

const NO_REFUND = {
  destination_details: {
    card: {
      reference: '8888888888888888',
      reference_status: 'available',
      reference_type: 'acquirer_reference_number',
      type: 'refund',
    },
    type: 'card',
  },
  customer_account: null,
  receipt_number: null,
  source_transfer_reversal: null,
  transfer_reversal: null,
};

export function createRefund(session: Session, params: Params): Refund {
  const charge = chargeOf(session, params);
  const amount = refundable(charge, integer(params, 'amount'));
  const { refund: course } = charge.payment_method ? behaviourOf(session, charge.payment_method) : {};
  const id = newId('re');
  const refund = save(session, 'refunds', {
    ...NO_REFUND,
    id,
    object: 'refund',
    amount,
    balance_transaction: recordBalance(session, {
      amount: -amount,
      currency: charge.currency,
      source: id,
      type: 'refund',
    }),
    charge: charge.id,
    created: session.now,
    currency: charge.currency,
    customer: charge.customer,
    metadata: mergedMetadata(params),
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: choice(params, { name: 'reason', of: REASONS }) ?? null,
    status: course === 'pending' ? 'pending' : 'succeeded',
    ...(course === 'pending' && { pending_reason: 'processing' as const }),
  });
  if (course) schedule(session, { due: session.now + SETTLEMENT_SECONDS, kind: 'settle_refund', about: id });
  addRefunded(session, { charge, amount });
  emit(session, 'refund.created', { of: refund });
  return refund;
}

function behaviourOf(session: Session, method: string) {
  const known = find(session, { in: 'payment_methods', id: method });
  return known ? cardNumbered(known._number) : { refund: undefined };
}

function chargeOf(session: Session, params: Params): Charge {
  const [charge, intent] = [text(params, 'charge'), text(params, 'payment_intent')];
  if (charge) return loadParam(session, { in: 'charges', id: charge, param: 'charge' });
  if (!intent) throw missingParam('payment_intent');
  const { latest_charge, status } = loadParam(session, { in: 'payment_intents', id: intent, param: 'payment_intent' });
  if (!latest_charge || status !== 'succeeded') {
    throw invalid(`This PaymentIntent (${intent}) does not have a successful charge to refund.`, {
      param: 'payment_intent',
    });
  }
  return load(session, 'charges', latest_charge);
}

function refundable(charge: Charge, wanted: number | undefined): number {
  const left = charge.amount - charge.amount_refunded;
  if (!charge.paid || !charge.captured)
    throw invalid(`Charge ${charge.id} cannot be refunded.`, { code: 'charge_not_refundable' });
  if (left === 0) throw invalid(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  if (charge.disputed)
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, { code: 'charge_disputed' });
  if (wanted === undefined) return left;
  if (wanted < 1) throw invalid('Invalid positive integer', { code: 'parameter_invalid_integer', param: 'amount' });
  if (wanted > left) {
    const [asked, rest] = [wanted, left].map((amount) => amountText(amount, charge.currency));
    const what = left < charge.amount ? 'unrefunded amount on charge' : 'charge amount';
    throw invalid(`Refund amount (${asked}) is greater than ${what} (${rest})`, { param: 'amount' });
  }
  return wanted;
}

function addRefunded(session: Session, { charge, amount }: { charge: Charge; amount: number }): void {
  const amount_refunded = charge.amount_refunded + amount;
  const after = save(session, 'charges', { ...charge, amount_refunded, refunded: amount_refunded >= charge.amount });
  if (amount > 0) emit(session, 'charge.refunded', { of: after, before: changed(charge, after) });
  else emit(session, 'charge.updated', { of: after, before: changed(charge, after) });
}

/** What the bank says some time later: the money arrived after all, or it came back. */
export function settleRefund(session: Session, id: string): void {
  const before = load(session, 'refunds', id);
  if (before.status === 'failed' || before.status === 'canceled') return;
  if (before.payment_method && behaviourOf(session, before.payment_method).refund === 'pending') {
    const { pending_reason: _, ...rest } = before;
    const after = save(session, 'refunds', { ...rest, status: 'succeeded' });
    emit(session, 'refund.updated', { of: after, before: changed(before, after) });
    return;
  }
  failRefund(session, before);
}

export function failRefund(session: Session, before: Refund): Refund {
  if (before.status === 'failed' || !before.charge)
    throw invalid(`Refund ${before.id} cannot fail: it is ${before.status}.`);
  const { amount, currency } = before;
  const failed = save(session, 'refunds', {
    ...before,
    status: 'failed',
    failure_reason: 'expired_or_canceled_card',
    failure_balance_transaction: recordBalance(session, {
      amount,
      currency,
      source: before.id,
      type: 'refund_failure',
    }),
  });
  addRefunded(session, { charge: load(session, 'charges', before.charge), amount: -amount });
  emit(session, 'refund.updated', { of: failed, before: changed(before, failed) });
  emit(session, 'refund.failed', { of: failed });
  return failed;
}

export function updateRefund(session: Session, { before, params }: { before: Refund; params: Params }): Refund {
  const after = save(session, 'refunds', { ...before, metadata: mergedMetadata(params, before.metadata) });
  emit(session, 'refund.updated', { of: after, before: changed(before, after) });
  return after;
}
