import { checkAmount, readCurrency } from './currencies.ts';
import { invalid, missingParam } from './errors.ts';
import { emit } from './events.ts';
import type { Params } from './form.ts';
import { newId, randomText } from './ids.ts';
import { choice, hash, integer, isSent, mergedMetadata, required, text, texts } from './params.ts';
import { createPaymentMethod, methodNamed } from './payment-methods.ts';
import { loadParam, type Session, save } from './session.ts';
import type { PaymentIntent, PaymentMethod } from './types.ts';

const CAPTURE = ['automatic', 'automatic_async', 'manual'] as const;
const FUTURE_USAGE = ['on_session', 'off_session'] as const;

const NO_INTENT = {
  allowed_payment_method_types: null,
  amount_capturable: 0,
  amount_received: 0,
  application: null,
  application_fee_amount: null,
  canceled_at: null,
  cancellation_reason: null,
  capture_method: 'automatic_async',
  confirmation_method: 'automatic',
  customer: null,
  customer_account: null,
  description: null,
  excluded_payment_method_types: null,
  last_payment_error: null,
  latest_charge: null,
  livemode: false,
  managed_payments: null,
  metadata: {},
  next_action: null,
  on_behalf_of: null,
  payment_method: null,
  payment_method_configuration_details: null,
  payment_record: null,
  processing: null,
  receipt_email: null,
  review: null,
  setup_future_usage: null,
  shipping: null,
  source: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  status: 'requires_payment_method',
  transfer_data: null,
  transfer_group: null,
  _invoice: null,
  _offSession: false,
};

export function newIntent(session: Session, about: { amount: number; currency: string }): PaymentIntent {
  const id = newId('pi');
  return {
    ...NO_INTENT,
    id,
    object: 'payment_intent',
    ...about,
    amount_details: { tip: {} },
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    client_secret: `${id}_secret_${randomText(25)}`,
    created: session.now,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
  };
}

export function createIntent(session: Session, params: Params): PaymentIntent {
  const amount = integer(params, 'amount');
  if (amount === undefined) throw missingParam('amount');
  const currency = readCurrency(required(params, 'currency'));
  checkAmount(amount, currency);
  const automatic = hash(params, 'automatic_payment_methods');
  const types = texts(params, 'payment_method_types');
  if (automatic && types)
    throw invalid('You may only specify one of these parameters: automatic_payment_methods, payment_method_types.');
  const redirects = automatic ? text(automatic, 'allow_redirects') : undefined;
  const fresh: PaymentIntent = {
    ...newIntent(session, { amount, currency }),
    automatic_payment_methods: types
      ? null
      : { allow_redirects: redirects === 'never' ? 'never' : 'always', enabled: true },
    confirmation_method: choice(params, { name: 'confirmation_method', of: ['automatic', 'manual'] }) ?? 'automatic',
    payment_method_types: types ?? ['card', 'link'],
  };
  const intent = save(session, 'payment_intents', withParams(session, { before: fresh, params }));
  emit(session, 'payment_intent.created', { of: intent });
  return intent;
}

export function updateIntent(
  session: Session,
  { before, params }: { before: PaymentIntent; params: Params },
): PaymentIntent {
  const isOpen = ['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(before.status);
  if (!isOpen && ['amount', 'currency', 'payment_method', 'customer'].some((name) => isSent(params, name))) {
    throw unexpectedState(
      before,
      `This PaymentIntent's amount could not be updated because it has a status of ${before.status}.`,
    );
  }
  const amount = integer(params, 'amount') ?? before.amount;
  const currency = isSent(params, 'currency') ? readCurrency(required(params, 'currency')) : before.currency;
  checkAmount(amount, currency);
  return save(session, 'payment_intents', withParams(session, { before: { ...before, amount, currency }, params }));
}

type Change = { before: PaymentIntent; params: Params };

/** The fields that create, update and confirm share. */
export function withParams(session: Session, { before, params }: Change): PaymentIntent {
  const field = <T>(name: string, old: T) => (isSent(params, name) ? (text(params, name) ?? null) : old);
  const customer = field('customer', before.customer);
  if (customer) loadParam(session, { in: 'customers', id: customer, param: 'customer' });
  const fee = integer(params, 'application_fee_amount') ?? before.application_fee_amount;
  const next: PaymentIntent = {
    ...before,
    application_fee_amount: fee,
    capture_method: choice(params, { name: 'capture_method', of: CAPTURE }) ?? before.capture_method,
    customer,
    description: field('description', before.description),
    metadata: mergedMetadata(params, before.metadata),
    receipt_email: field('receipt_email', before.receipt_email),
    setup_future_usage: choice(params, { name: 'setup_future_usage', of: FUTURE_USAGE }) ?? before.setup_future_usage,
    statement_descriptor: field('statement_descriptor', before.statement_descriptor),
    statement_descriptor_suffix: field('statement_descriptor_suffix', before.statement_descriptor_suffix),
    transfer_group: field('transfer_group', before.transfer_group),
  };
  const method = readMethod(session, { intent: next, params });
  if (!method) return next;
  const isWaiting = next.status === 'requires_payment_method' || next.status === 'requires_action';
  const status = isWaiting ? 'requires_confirmation' : next.status;
  return { ...next, payment_method: method.id, status, next_action: null };
}

function readMethod(
  session: Session,
  { intent, params }: { intent: PaymentIntent; params: Params },
): PaymentMethod | undefined {
  const data = hash(params, 'payment_method_data');
  if (data) return createPaymentMethod(session, data);
  const id = text(params, 'payment_method');
  if (id === undefined) return undefined;
  const method = methodNamed(session, { id, param: 'payment_method' });
  if (method.customer && method.customer !== intent.customer) {
    const message = intent.customer
      ? 'The provided PaymentMethod belongs to another Customer.'
      : 'The provided PaymentMethod belongs to a Customer: pass that Customer as well.';
    throw invalid(message, { param: 'payment_method' });
  }
  return method;
}

export function unexpectedState(intent: PaymentIntent, message: string) {
  return invalid(message, { code: 'payment_intent_unexpected_state', payment_intent: intent });
}

/** Saves the intent and says what happened to it. */
export function moveIntent(
  session: Session,
  { intent, event }: { intent: PaymentIntent; event?: string },
): PaymentIntent {
  const after = save(session, 'payment_intents', intent);
  if (event) emit(session, `payment_intent.${event}`, { of: after });
  return after;
}
