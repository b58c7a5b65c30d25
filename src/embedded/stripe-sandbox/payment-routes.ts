import { cancelIntent, captureIntent } from './close-intent.ts';
import { confirmIntent } from './confirm-intent.ts';
import { closeDispute, updateDispute } from './disputes.ts';
import { invalid, missingParam } from './errors.ts';
import { flag, required, text } from './params.ts';
import { createIntent, updateIntent } from './payment-intents.ts';
import { attach, createPaymentMethod, createToken, detach, methodNamed } from './payment-methods.ts';
import { createRefund, failRefund, updateRefund } from './refunds.ts';
import { browserRoute, type Call, listing, type Route, retrieval, route } from './routing.ts';
import { find, load, loadParam, save } from './session.ts';
import { cancelSetup, confirmSetupIntent, createSetupIntent } from './setup-intents.ts';

/** The intent of the path. With the publishable key only its client secret opens it. */
function intentOf<C extends 'payment_intents' | 'setup_intents'>(call: Call, collection: C) {
  const intent = load(call.session, collection, call.id);
  const secret = text(call.params, 'client_secret');
  if (call.isPublishable && secret === undefined) throw missingParam('client_secret');
  if (secret !== undefined && secret !== intent.client_secret) {
    const name = collection === 'payment_intents' ? 'PaymentIntent' : 'SetupIntent';
    throw invalid(`The client_secret provided does not match the client_secret associated with this ${name}.`, {
      code: collection === 'payment_intents' ? 'payment_intent_invalid_parameter' : 'setup_intent_invalid_parameter',
      param: 'client_secret',
    });
  }
  return intent;
}

const intents: Route[] = [
  route('POST /v1/payment_intents', ({ session, params }) => {
    const before = createIntent(session, params);
    return flag(params, 'confirm') ? confirmIntent(session, { before, params: confirmation(params) }) : before;
  }),
  route('GET /v1/payment_intents', listing('payment_intents', ['customer'])),
  browserRoute('GET /v1/payment_intents/:id', (call) => intentOf(call, 'payment_intents')),
  route('POST /v1/payment_intents/:id', (call) =>
    updateIntent(call.session, { before: intentOf(call, 'payment_intents'), params: call.params }),
  ),
  browserRoute('POST /v1/payment_intents/:id/confirm', (call) =>
    confirmIntent(call.session, { before: intentOf(call, 'payment_intents'), params: call.params }),
  ),
  route('POST /v1/payment_intents/:id/capture', ({ session, id, params }) =>
    captureIntent(session, { intent: load(session, 'payment_intents', id), params }),
  ),
  route('POST /v1/payment_intents/:id/cancel', ({ session, id, params }) =>
    cancelIntent(session, { intent: load(session, 'payment_intents', id), params }),
  ),
];

// The method is in the intent already: reading it again would make a second one.
function confirmation(params: Call['params']): Call['params'] {
  const { payment_method: _method, payment_method_data: _data, metadata: _metadata, ...rest } = params;
  return rest;
}

const setups: Route[] = [
  route('POST /v1/setup_intents', ({ session, params }) =>
    createSetupIntent(session, { customer: text(params, 'customer') ?? null, params }),
  ),
  route('GET /v1/setup_intents', listing('setup_intents', ['customer'])),
  browserRoute('GET /v1/setup_intents/:id', (call) => intentOf(call, 'setup_intents')),
  browserRoute('POST /v1/setup_intents/:id/confirm', (call) =>
    confirmSetupIntent(call.session, { intent: intentOf(call, 'setup_intents'), params: call.params }),
  ),
  route('POST /v1/setup_intents/:id/cancel', ({ session, id }) =>
    cancelSetup(session, load(session, 'setup_intents', id)),
  ),
];

const methods: Route[] = [
  browserRoute('POST /v1/payment_methods', ({ session, params }) => createPaymentMethod(session, params)),
  browserRoute('POST /v1/tokens', ({ session, params }) => createToken(session, params)),
  route('GET /v1/payment_methods', listing('payment_methods', ['customer', 'type'])),
  route('GET /v1/payment_methods/:id', ({ session, id }) =>
    find(session, { in: 'payment_methods', id }) || !id.startsWith('pm_card_')
      ? load(session, 'payment_methods', id)
      : methodNamed(session, { id, param: 'payment_method' }),
  ),
  route('POST /v1/payment_methods/:id/attach', ({ session, id, params }) => {
    const customer = loadParam(session, { in: 'customers', id: required(params, 'customer'), param: 'customer' });
    return attach(session, { method: methodNamed(session, { id, param: 'payment_method' }), customer: customer.id });
  }),
  route('POST /v1/payment_methods/:id/detach', ({ session, id }) =>
    detach(session, load(session, 'payment_methods', id)),
  ),
  route('GET /v1/customers/:id/payment_methods', (call) =>
    listing('payment_methods', ['customer'])({ ...call, params: { ...call.params, customer: call.id } }),
  ),
];

const after: Route[] = [
  route('GET /v1/charges', listing('charges', ['customer', 'payment_intent'])),
  route('GET /v1/charges/:id', retrieval('charges')),
  route('GET /v1/balance_transactions', listing('balance_transactions', ['source', 'type'])),
  route('GET /v1/balance_transactions/:id', retrieval('balance_transactions')),
  route('POST /v1/refunds', ({ session, params }) => createRefund(session, params)),
  route('GET /v1/refunds', listing('refunds', ['charge', 'payment_intent'])),
  route('GET /v1/refunds/:id', retrieval('refunds')),
  route('POST /v1/refunds/:id', ({ session, id, params }) =>
    updateRefund(session, { before: load(session, 'refunds', id), params }),
  ),
  route('POST /v1/refunds/:id/cancel', ({ session, id }) => {
    const refund = load(session, 'refunds', id);
    if (refund.status !== 'pending') throw invalid('Only refunds with a status of requires_action can be canceled.');
    failRefund(session, refund);
    return save(session, 'refunds', { ...load(session, 'refunds', id), status: 'canceled' });
  }),
  route('GET /v1/disputes', listing('disputes', ['charge', 'payment_intent'])),
  route('GET /v1/disputes/:id', retrieval('disputes')),
  route('POST /v1/disputes/:id', ({ session, id, params }) =>
    updateDispute(session, { before: load(session, 'disputes', id), params }),
  ),
  route('POST /v1/disputes/:id/close', ({ session, id }) =>
    closeDispute(session, { dispute: load(session, 'disputes', id), isWon: false }),
  ),
  route('GET /v1/events', listing('events', ['type'])),
  route('GET /v1/events/:id', retrieval('events')),
];

export const paymentRoutes: readonly Route[] = [...intents, ...setups, ...methods, ...after];
