import { createHash } from 'node:crypto';
import { chargeFault } from './card-errors.ts';
import { invalid, missingParam } from './errors.ts';
import { changed, emit } from './events.ts';
import type { Params } from './form.ts';
import { newId } from './ids.ts';
import { hash, integer, isSent, mergedMetadata, required, text } from './params.ts';
import { find, load, loadParam, type Session, save } from './session.ts';
import { cardNamed, cardNumbered, hasCheckDigit, type TestCard } from './test-cards.ts';
import type { PaymentMethod, Token } from './types.ts';

const BANK = 'us_bank_account';

export function createPaymentMethod(session: Session, params: Params): PaymentMethod {
  const type = required(params, 'type');
  if (type !== 'card') throw invalid(`The sandbox makes cards only, not ${type}.`, { param: 'type' });
  const data = hash(params, 'card');
  if (!data) throw missingParam('card');
  const method = methodOf(session, { card: readCard(session, data), data, params });
  return save(session, 'payment_methods', method);
}

/** The method of a parameter: one that was made, or one of Stripe's test names, which makes a fresh one each time. */
export function methodNamed(session: Session, { id, param }: { id: string; param: string }): PaymentMethod {
  const known = find(session, { in: 'payment_methods', id });
  if (known) return known;
  if (id.startsWith('pm_usBankAccount_')) return save(session, 'payment_methods', bankMethod(session, id));
  const card = id.startsWith('pm_card_') ? cardNamed(id) : undefined;
  if (!card) return loadParam(session, { in: 'payment_methods', id, param });
  return save(session, 'payment_methods', methodOf(session, { card, data: {}, params: {} }));
}

export function createToken(session: Session, params: Params): Token {
  const data = hash(params, 'card');
  if (!data) throw missingParam('card');
  const method = methodOf(session, { card: readCard(session, data), data, params });
  save(session, 'payment_methods', method);
  const { id: _id, created, card } = { ...method, card: { ...method.card, id: newId('card'), object: 'card' } };
  const about = { client_ip: null, livemode: false, type: 'card', used: false };
  return save(session, 'tokens', { id: newId('tok'), object: 'token', card, created, ...about, _method: method.id });
}

function readCard(session: Session, data: Params): TestCard {
  const token = text(data, 'token');
  const named = token === undefined ? undefined : cardNamed(token);
  if (named) return named;
  if (token !== undefined) {
    const { _method } = loadParam(session, { in: 'tokens', id: token, param: 'card[token]' });
    return cardNumbered(load(session, 'payment_methods', _method)._number);
  }
  const number = required(data, 'number').replaceAll(/[ -]/g, '');
  if (!hasCheckDigit(number))
    throw chargeFault({ code: 'incorrect_number', message: 'Your card number is incorrect.', param: 'number' });
  checkExpiry(session, data);
  const cvc = text(data, 'cvc');
  if (cvc !== undefined && !/^\d{3,4}$/.test(cvc)) {
    throw chargeFault({ code: 'invalid_cvc', message: "Your card's security code is invalid.", param: 'cvc' });
  }
  return cardNumbered(number);
}

function checkExpiry(session: Session, data: Params): void {
  const { month, year } = expiryOf(data);
  const date = new Date(session.now * 1000);
  if (!month || month < 1 || month > 12) {
    throw chargeFault({
      code: 'invalid_expiry_month',
      message: "Your card's expiration month is invalid.",
      param: 'exp_month',
    });
  }
  if (!year || year * 12 + month <= date.getUTCFullYear() * 12 + date.getUTCMonth()) {
    throw chargeFault({
      code: 'invalid_expiry_year',
      message: "Your card's expiration year is invalid.",
      param: 'exp_year',
    });
  }
}

function expiryOf(data: Params): { month?: number; year?: number } {
  const year = integer(data, 'exp_year');
  return { month: integer(data, 'exp_month'), year: year !== undefined && year < 100 ? 2000 + year : year };
}

function base(session: Session, params: Params) {
  const billing = hash(params, 'billing_details') ?? {};
  const field = (name: string) => text(billing, name) ?? null;
  const address = hash(billing, 'address');
  const line = (name: string) => (address ? (text(address, name) ?? null) : null);
  const places = { city: line('city'), country: line('country'), line1: line('line1'), line2: line('line2') };
  return {
    id: newId('pm'),
    object: 'payment_method' as const,
    allow_redisplay: 'unspecified',
    billing_details: {
      address: { ...places, postal_code: line('postal_code'), state: line('state') },
      email: field('email'),
      name: field('name'),
      phone: field('phone'),
      tax_id: null,
    },
    created: session.now,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: mergedMetadata(params),
    _isSetUp: false,
  };
}

function methodOf(
  session: Session,
  { card, data, params }: { card: TestCard; data: Params; params: Params },
): PaymentMethod {
  const { month, year } = expiryOf(data);
  const cvc_check = isSent(data, 'cvc') ? (card.decline?.code === 'incorrect_cvc' ? 'fail' : 'pass') : 'unchecked';
  return {
    ...base(session, params),
    type: 'card',
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check },
      country: card.country,
      display_brand: card.brand,
      exp_month: month ?? 12,
      exp_year: year ?? new Date(session.now * 1000).getUTCFullYear() + 2,
      fingerprint: createHash('sha256').update(card.number).digest('base64url').slice(0, 16),
      funding: card.funding,
      generated_from: null,
      last4: card.number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    _number: card.number,
  };
}

/** A bank debit, which is `processing` before it is known to have worked. */
function bankMethod(session: Session, name: string): PaymentMethod {
  return { ...base(session, {}), type: BANK, _number: name };
}

export function isBankDebit(method: PaymentMethod): boolean {
  return method.type === BANK;
}

export function attach(
  session: Session,
  { method, customer }: { method: PaymentMethod; customer: string },
): PaymentMethod {
  if (method.customer === customer) return method;
  if (method.customer) {
    throw invalid('The payment method you provided has already been attached to a customer.', {
      code: 'payment_method_unexpected_state',
    });
  }
  const { decline, declineOn } = cardNumbered(method._number);
  if (!isBankDebit(method) && decline && declineOn !== 'charge') throw chargeFault(decline);
  const after = save(session, 'payment_methods', { ...method, customer });
  emit(session, 'payment_method.attached', { of: after });
  return after;
}

export function detach(session: Session, method: PaymentMethod): PaymentMethod {
  if (!method.customer) {
    throw invalid('The payment method you provided is not attached to a customer so detachment is impossible.');
  }
  const after = save(session, 'payment_methods', { ...method, customer: null });
  emit(session, 'payment_method.detached', { of: after, before: changed(method, after) });
  return after;
}
