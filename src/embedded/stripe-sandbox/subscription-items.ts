import { readPrice } from './catalog.ts';
import { invalid, missingParam } from './errors.ts';
import type { Params } from './form.ts';
import { newId } from './ids.ts';
import { flag, hashes, integer, mergedMetadata, text } from './params.ts';
import type { Period } from './periods.ts';
import type { Session } from './session.ts';
import type { Plan, Price, SubscriptionItem } from './types.ts';

type Placing = { subscription: string; period: Period };

export function readItems(
  session: Session,
  { params, placing }: { params: Params; placing: Placing },
): SubscriptionItem[] {
  const given = hashes(params, 'items') ?? [];
  if (given.length === 0) throw missingParam('items');
  const items = given.map((one, index) => newItem(session, { params: one, param: `items[${index}][price]`, placing }));
  checkItems(items);
  return items;
}

/** The items after an update: those that it names change, go or come, the others stay. */
export function changedItems(
  session: Session,
  { before, params, placing }: { before: readonly SubscriptionItem[]; params: Params; placing: Placing },
): SubscriptionItem[] {
  const items = new Map(before.map((item) => [item.id, item]));
  for (const [index, one] of (hashes(params, 'items') ?? []).entries()) {
    const id = text(one, 'id');
    const param = `items[${index}][price]`;
    const known = id === undefined ? undefined : items.get(id);
    if (id !== undefined && !known)
      throw invalid(`No such subscription item: '${id}'`, { param: `items[${index}][id]` });
    if (!known) {
      const made = newItem(session, { params: one, param, placing });
      items.set(made.id, made);
    } else if (flag(one, 'deleted')) {
      items.delete(known.id);
    } else {
      const price = readPrice(session, { params: one, param }) ?? known.price;
      const quantity = integer(one, 'quantity') ?? known.quantity;
      items.set(known.id, {
        ...known,
        price,
        plan: planOf(price),
        quantity,
        metadata: mergedMetadata(one, known.metadata),
      });
    }
  }
  const all = [...items.values()];
  checkItems(all);
  return all;
}

function checkItems([first, ...others]: SubscriptionItem[]): void {
  if (!first) throw invalid('A subscription must have at least one active item.', { param: 'items' });
  const shape = ({ price }: SubscriptionItem) =>
    [price.currency, price.recurring?.interval, price.recurring?.interval_count].join();
  if (others.some((one) => shape(one) !== shape(first))) {
    throw invalid('The sandbox bills all items of a subscription in one currency and one interval.', {
      param: 'items',
    });
  }
}

type Making = { params: Params; param: string; placing: Placing };

function newItem(session: Session, { params, param, placing }: Making): SubscriptionItem {
  const price = readPrice(session, { params, param });
  if (!price) throw missingParam(param);
  if (!price.recurring) {
    throw invalid(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      { param },
    );
  }
  const quantity = integer(params, 'quantity') ?? 1;
  if (quantity < 0)
    throw invalid('Invalid non-negative integer', { code: 'parameter_invalid_integer', param: 'quantity' });
  return {
    id: newId('si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created: session.now,
    current_period_end: placing.period.end,
    current_period_start: placing.period.start,
    current_trial: null,
    discounts: [],
    metadata: mergedMetadata(params),
    plan: planOf(price),
    price,
    quantity,
    subscription: placing.subscription,
    tax_rates: [],
  };
}

function planOf(price: Price): Plan {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: 'per_unit',
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: false,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
}

export function inPeriod(items: readonly SubscriptionItem[], { start, end }: Period): SubscriptionItem[] {
  return items.map((item) => ({ ...item, current_period_start: start, current_period_end: end }));
}
