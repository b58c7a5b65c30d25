import { readCurrency } from './currencies.ts';
import { invalid, missingParam } from './errors.ts';
import { changed, emit } from './events.ts';
import type { Params } from './form.ts';
import { newId } from './ids.ts';
import { choice, decimal, flag, hash, integer, isSent, mergedMetadata, required, text, texts } from './params.ts';
import { all, freeId, load, loadParam, remove, type Session, save } from './session.ts';
import type { Price, Product } from './types.ts';

const INTERVALS = ['day', 'week', 'month', 'year'] as const;

export function createProduct(session: Session, params: Params): Product {
  const product = save(session, 'products', {
    id: freeId(session, { in: 'products', id: text(params, 'id'), prefix: 'prod' }),
    object: 'product',
    active: flag(params, 'active') ?? true,
    created: session.now,
    default_price: null,
    description: text(params, 'description') ?? null,
    images: texts(params, 'images') ?? [],
    livemode: false,
    marketing_features: [],
    metadata: mergedMetadata(params),
    name: required(params, 'name'),
    package_dimensions: null,
    shippable: null,
    statement_descriptor: text(params, 'statement_descriptor') ?? null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: text(params, 'unit_label') ?? null,
    updated: session.now,
    url: text(params, 'url') ?? null,
  });
  emit(session, 'product.created', { of: product });
  const data = hash(params, 'default_price_data');
  if (!data) return product;
  const price = createPrice(session, { ...data, product: product.id });
  return save(session, 'products', { ...product, default_price: price.id });
}

export function updateProduct(session: Session, { before, params }: { before: Product; params: Params }): Product {
  const price = text(params, 'default_price');
  if (price) loadParam(session, { in: 'prices', id: price, param: 'default_price' });
  const after = save(session, 'products', {
    ...before,
    active: flag(params, 'active') ?? before.active,
    default_price: price ?? before.default_price,
    description: isSent(params, 'description') ? (text(params, 'description') ?? null) : before.description,
    images: texts(params, 'images') ?? before.images,
    metadata: mergedMetadata(params, before.metadata),
    name: text(params, 'name') ?? before.name,
    updated: session.now,
  });
  emit(session, 'product.updated', { of: after, before: changed(before, after) });
  return after;
}

export function deleteProduct(session: Session, product: Product) {
  if (all(session, 'prices').some((price) => price.product === product.id)) {
    throw invalid('This product cannot be deleted because it has one or more user-created prices.');
  }
  remove(session, { in: 'products', id: product.id });
  emit(session, 'product.deleted', { of: product });
  return { id: product.id, object: 'product', deleted: true };
}

export function createPrice(session: Session, params: Params): Price {
  const price = save(session, 'prices', priceOf(session, params));
  emit(session, 'price.created', { of: price });
  return price;
}

function priceOf(session: Session, params: Params): Price {
  const currency = readCurrency(required(params, 'currency'));
  const unit_amount = integer(params, 'unit_amount') ?? decimal(params, 'unit_amount_decimal');
  if (unit_amount === undefined) throw missingParam('unit_amount');
  if (unit_amount < 0) throw invalid('Invalid non-negative integer', { param: 'unit_amount' });
  const recurring = readRecurring(hash(params, 'recurring'));
  return {
    id: newId('price'),
    object: 'price',
    active: flag(params, 'active') ?? true,
    billing_scheme: 'per_unit',
    created: session.now,
    currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: text(params, 'lookup_key') ?? null,
    metadata: mergedMetadata(params),
    nickname: text(params, 'nickname') ?? null,
    product: productOf(session, params),
    recurring,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: recurring ? 'recurring' : 'one_time',
    unit_amount: Number.isInteger(unit_amount) ? unit_amount : null,
    unit_amount_decimal: String(unit_amount),
  };
}

function productOf(session: Session, params: Params): string {
  const data = hash(params, 'product_data');
  if (data) return createProduct(session, data).id;
  return loadParam(session, { in: 'products', id: required(params, 'product'), param: 'product' }).id;
}

function readRecurring(params: Params | undefined): Price['recurring'] {
  if (!params) return null;
  const interval = choice(params, { name: 'interval', of: INTERVALS });
  if (!interval) throw missingParam('recurring[interval]');
  const interval_count = integer(params, 'interval_count') ?? 1;
  const trial_period_days = integer(params, 'trial_period_days') ?? null;
  return { interval, interval_count, meter: null, trial_period_days, usage_type: 'licensed' };
}

export function updatePrice(session: Session, { before, params }: { before: Price; params: Params }): Price {
  const after = save(session, 'prices', {
    ...before,
    active: flag(params, 'active') ?? before.active,
    lookup_key: text(params, 'lookup_key') ?? before.lookup_key,
    metadata: mergedMetadata(params, before.metadata),
    nickname: text(params, 'nickname') ?? before.nickname,
  });
  emit(session, 'price.updated', { of: after, before: changed(before, after) });
  return after;
}

/** The price of a parameter: by its id, or made from `price_data` on the spot. */
export function readPrice(session: Session, { params, param }: { params: Params; param: string }): Price | undefined {
  const data = hash(params, 'price_data');
  if (data) return { ...createPrice(session, data), active: false };
  const id = text(params, 'price') ?? text(params, 'plan');
  if (id === undefined) return undefined;
  loadParam(session, { in: 'prices', id, param });
  return load(session, 'prices', id);
}
