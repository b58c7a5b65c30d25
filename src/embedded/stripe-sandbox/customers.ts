import { cancelNow } from './cancel-subscription.ts';
import { changed, emit } from './events.ts';
import type { Params } from './form.ts';
import { hash, integer, isSent, mergedMetadata, text } from './params.ts';
import { attach, methodNamed } from './payment-methods.ts';
import { all, freeId, remove, type Session, save } from './session.ts';
import type { Customer } from './types.ts';

export function createCustomer(session: Session, params: Params): Customer {
  const id = freeId(session, { in: 'customers', id: text(params, 'id'), prefix: 'cus' });
  const empty: Customer = {
    id,
    object: 'customer',
    address: null,
    balance: 0,
    created: session.now,
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: id.slice(-8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
  const customer = save(session, 'customers', withParams(empty, params));
  const method = text(params, 'payment_method');
  if (method) attach(session, { method: methodNamed(session, { id: method, param: 'payment_method' }), customer: id });
  const ready = save(session, 'customers', withDefaultMethod(session, { customer, params }));
  emit(session, 'customer.created', { of: ready });
  return ready;
}

export function updateCustomer(session: Session, { before, params }: { before: Customer; params: Params }): Customer {
  const customer = withParams(before, params);
  const after = save(session, 'customers', withDefaultMethod(session, { customer, params }));
  emit(session, 'customer.updated', { of: after, before: changed(before, after) });
  return after;
}

function withParams(before: Customer, params: Params): Customer {
  const field = <T>(name: string, old: T) => (isSent(params, name) ? (text(params, name) ?? null) : old);
  const address = hash(params, 'address');
  const part = (name: string) => (address ? (text(address, name) ?? null) : null);
  const places = { city: part('city'), country: part('country'), line1: part('line1'), line2: part('line2') };
  return {
    ...before,
    address: address ? { ...places, postal_code: part('postal_code'), state: part('state') } : before.address,
    balance: integer(params, 'balance') ?? before.balance,
    description: field('description', before.description),
    email: field('email', before.email),
    name: field('name', before.name),
    phone: field('phone', before.phone),
    metadata: mergedMetadata(params, before.metadata),
  };
}

function withDefaultMethod(session: Session, { customer, params }: { customer: Customer; params: Params }): Customer {
  const settings = hash(params, 'invoice_settings') ?? {};
  if (!isSent(settings, 'default_payment_method')) return customer;
  const id = text(settings, 'default_payment_method');
  const param = 'invoice_settings[default_payment_method]';
  const method = id === undefined ? null : methodNamed(session, { id, param });
  if (method && method.customer !== customer.id) attach(session, { method, customer: customer.id });
  const invoice_settings = { ...customer.invoice_settings, default_payment_method: method?.id ?? null };
  return { ...customer, invoice_settings };
}

export function deleteCustomer(session: Session, customer: Customer) {
  for (const subscription of all(session, 'subscriptions')) {
    if (subscription.customer === customer.id) cancelNow(session, { subscription, reason: 'cancellation_requested' });
  }
  for (const method of all(session, 'payment_methods')) {
    if (method.customer === customer.id) save(session, 'payment_methods', { ...method, customer: null });
  }
  remove(session, { in: 'customers', id: customer.id });
  emit(session, 'customer.deleted', { of: customer });
  return { id: customer.id, object: 'customer', deleted: true };
}
