import { chargeFault } from './card-errors.ts';
import { authenticationUrl, needsAuthentication } from './confirm-intent.ts';
import { invalid, type StripeFault } from './errors.ts';
import { emit } from './events.ts';
import type { Params } from './form.ts';
import { newId, randomText } from './ids.ts';
import { flag, hash, mergedMetadata, text } from './params.ts';
import { attach, createPaymentMethod, methodNamed } from './payment-methods.ts';
import { load, loadParam, type Session, save } from './session.ts';
import { cardNumbered } from './test-cards.ts';
import type { PaymentMethod, SetupIntent } from './types.ts';

type Making = { customer: string | null; params?: Params; subscription?: string };

export function createSetupIntent(session: Session, { customer, params = {}, subscription }: Making): SetupIntent {
  if (customer) loadParam(session, { in: 'customers', id: customer, param: 'customer' });
  const id = newId('seti');
  const named = text(params, 'payment_method');
  const method = named ? methodNamed(session, { id: named, param: 'payment_method' }) : null;
  const intent = save(session, 'setup_intents', {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomText(25)}`,
    created: session.now,
    customer,
    description: text(params, 'description') ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: mergedMetadata(params),
    next_action: null,
    on_behalf_of: null,
    payment_method: method?.id ?? null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: method ? 'requires_confirmation' : 'requires_payment_method',
    usage: 'off_session',
    _subscription: subscription ?? null,
  });
  emit(session, 'setup_intent.created', { of: intent });
  return flag(params, 'confirm') ? confirmSetupIntent(session, { intent, params }) : intent;
}

export function confirmSetupIntent(
  session: Session,
  { intent, params }: { intent: SetupIntent; params: Params },
): SetupIntent {
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw invalid(`You cannot confirm this SetupIntent because it has a status of ${intent.status}.`, {
      code: 'setup_intent_unexpected_state',
      setup_intent: intent,
    });
  }
  const data = hash(params, 'payment_method_data');
  const id = text(params, 'payment_method') ?? intent.payment_method;
  if (!data && !id) throw invalid("You cannot confirm this SetupIntent because it's missing a payment method.");
  const method = data
    ? createPaymentMethod(session, data)
    : methodNamed(session, { id: id ?? '', param: 'payment_method' });
  const named: SetupIntent = { ...intent, payment_method: method.id };
  if (needsAuthentication(method)) {
    const redirect_to_url = { return_url: text(params, 'return_url') ?? null, url: authenticationUrl(session, intent) };
    const next_action = { type: 'redirect_to_url', redirect_to_url };
    return move(session, { intent: { ...named, next_action, status: 'requires_action' }, event: 'requires_action' });
  }
  return orThrow(finishSetup(session, { intent: named, method }));
}

export function authenticateSetup(session: Session, { intent, isPassed }: { intent: SetupIntent; isPassed: boolean }) {
  if (intent.status !== 'requires_action' || !intent.payment_method) {
    throw invalid(`This SetupIntent has a status of ${intent.status}: there is nothing to authenticate.`);
  }
  const method = load(session, 'payment_methods', intent.payment_method);
  if (isPassed) return finishSetup(session, { intent, method });
  const message = 'The provided PaymentMethod has failed authentication.';
  return failSetup(session, { intent, error: { code: 'setup_intent_authentication_failure', message } });
}

type Outcome = { intent: SetupIntent; fault?: StripeFault };

function orThrow({ intent, fault }: Outcome): SetupIntent {
  if (fault) throw fault;
  return intent;
}

function finishSetup(session: Session, { intent, method }: { intent: SetupIntent; method: PaymentMethod }): Outcome {
  const { decline, declineOn } = cardNumbered(method._number);
  if (decline && declineOn !== 'charge') return failSetup(session, { intent, error: decline });
  const attached = intent.customer ? attach(session, { method, customer: intent.customer }) : method;
  save(session, 'payment_methods', { ...attached, _isSetUp: true });
  const done: SetupIntent = { ...intent, last_setup_error: null, next_action: null, status: 'succeeded' };
  const after = move(session, { intent: done, event: 'succeeded' });
  session.world.hooks.setupSettled(session, after);
  return { intent: after };
}

type Reason = { code: string; decline_code?: string; message: string };

function failSetup(session: Session, { intent, error }: { intent: SetupIntent; error: Reason }): Outcome {
  const last_setup_error = { type: 'card_error', ...error } as SetupIntent['last_setup_error'];
  const failed: SetupIntent = {
    ...intent,
    last_setup_error,
    next_action: null,
    payment_method: null,
    status: 'requires_payment_method',
  };
  const after = move(session, { intent: failed, event: 'setup_failed' });
  return { intent: after, fault: chargeFault({ ...error, setup_intent: after }) };
}

export function cancelSetup(session: Session, intent: SetupIntent): SetupIntent {
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw invalid(`You cannot cancel this SetupIntent because it has a status of ${intent.status}.`);
  }
  return move(session, { intent: { ...intent, next_action: null, status: 'canceled' }, event: 'canceled' });
}

function move(session: Session, { intent, event }: { intent: SetupIntent; event: string }): SetupIntent {
  const after = save(session, 'setup_intents', intent);
  emit(session, `setup_intent.${event}`, { of: after });
  return after;
}
