import { invalid } from './errors.ts';
import { declineIntent, failIntent, finishIntent, type Outcome } from './finish-intent.ts';
import type { Params } from './form.ts';
import { flag, text } from './params.ts';
import { moveIntent, unexpectedState, withParams } from './payment-intents.ts';
import { isBankDebit } from './payment-methods.ts';
import { load, type Session, save } from './session.ts';
import { schedule } from './tasks.ts';
import { cardNumbered, type Decline } from './test-cards.ts';
import type { PaymentIntent, PaymentMethod } from './types.ts';

const SETTLEMENT_SECONDS = 180;
const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

/** Confirms, and answers 402 when the card is refused. */
export function confirmIntent(
  session: Session,
  { before, params }: { before: PaymentIntent; params: Params },
): PaymentIntent {
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(before.status)) {
    const reason =
      before.status === 'succeeded'
        ? 'because it has already succeeded after being previously confirmed.'
        : `because it has a status of ${before.status}. Only a PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.`;
    throw unexpectedState(before, `You cannot confirm this PaymentIntent ${reason}`);
  }
  const intent = withParams(session, { before, params });
  if (!intent.payment_method) {
    const message =
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.";
    throw unexpectedState(intent, message);
  }
  const { intent: after, fault } = attemptIntent(session, {
    intent: save(session, 'payment_intents', intent),
    method: load(session, 'payment_methods', intent.payment_method),
    isOffSession: text(params, 'off_session') !== undefined && text(params, 'off_session') !== 'false',
    failsOnAction: flag(params, 'error_on_requires_action') ?? false,
    returnUrl: text(params, 'return_url') ?? null,
  });
  if (fault) throw fault;
  return after;
}

type Attempt = {
  intent: PaymentIntent;
  method: PaymentMethod;
  isOffSession: boolean;
  failsOnAction: boolean;
  returnUrl: string | null;
};

/** Asks the holder where the card wants it, or charges. */
export function attemptIntent(session: Session, attempt: Attempt): Outcome {
  const { intent, method, isOffSession, failsOnAction, returnUrl } = attempt;
  if (isBankDebit(method)) return { intent: startProcessing(session, { intent, method }) };
  if (!needsAuthentication(method)) return finishIntent(session, { intent, method });
  if (isOffSession || failsOnAction)
    return declineIntent(session, { intent, method, decline: AUTHENTICATION_REQUIRED });
  return { intent: requireAction(session, { intent, returnUrl }) };
}

export function needsAuthentication(method: PaymentMethod): boolean {
  const { authenticates } = cardNumbered(method._number);
  return authenticates === 'always' || (authenticates === 'unless_set_up' && !method._isSetUp);
}

export function requireAction(
  session: Session,
  { intent, returnUrl }: { intent: PaymentIntent; returnUrl: string | null },
) {
  const url = authenticationUrl(session, intent);
  const next_action = { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
  return moveIntent(session, {
    intent: { ...intent, status: 'requires_action', next_action },
    event: 'requires_action',
  });
}

export function authenticationUrl(
  session: Session,
  { id, client_secret }: { id: string; client_secret: string | null },
) {
  const query = new URLSearchParams({
    client_secret: client_secret ?? '',
    ...(session.account && { account: session.account }),
  });
  return `${session.world.baseUrl()}/_sandbox/authenticate/${id}?${query}`;
}

/** What the page of the sandbox does: the holder has agreed, or not. */
export function authenticateIntent(
  session: Session,
  { intent, isPassed }: { intent: PaymentIntent; isPassed: boolean },
): Outcome {
  if (intent.status !== 'requires_action' || !intent.payment_method) {
    throw invalid(`This PaymentIntent has a status of ${intent.status}: there is nothing to authenticate.`);
  }
  const method = load(session, 'payment_methods', intent.payment_method);
  if (isPassed) return finishIntent(session, { intent, method });
  const message =
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.';
  const error = {
    type: 'invalid_request_error' as const,
    code: 'payment_intent_authentication_failure',
    message,
    payment_method: method,
  };
  return failIntent(session, { intent, error });
}

function startProcessing(
  session: Session,
  { intent, method }: { intent: PaymentIntent; method: PaymentMethod },
): PaymentIntent {
  schedule(session, { due: session.now + SETTLEMENT_SECONDS, kind: 'settle_intent', about: intent.id });
  const next: PaymentIntent = { ...intent, payment_method: method.id, status: 'processing' };
  return moveIntent(session, { intent: next, event: 'processing' });
}

/** A bank debit comes to its end: the bank pays, unless its test name says otherwise. */
export function settleIntent(session: Session, id: string): void {
  const intent = load(session, 'payment_intents', id);
  if (intent.status !== 'processing' || !intent.payment_method) return;
  const method = load(session, 'payment_methods', intent.payment_method);
  if (method._number.endsWith('_success')) {
    finishIntent(session, { intent, method });
    return;
  }
  const decline = {
    code: 'insufficient_funds',
    message: 'The customer’s account has insufficient funds to cover this payment.',
  };
  declineIntent(session, { intent, method, decline });
}
