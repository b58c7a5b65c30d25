import { readCurrency } from './currencies.ts';
import { invalid, missingParam } from './errors.ts';
import { changed, emit } from './events.ts';
import type { Params } from './form.ts';
import { newId, randomText } from './ids.ts';
import { choice, decimal, flag, hash, integer, isSent, mergedMetadata, required, text, texts } from './params.ts';
import { all, freeId, loadParam, remove, type Session, save } from './session.ts';
import type { Coupon, PromotionCode } from './types.ts';

export function createCoupon(session: Session, params: Params): Coupon {
  const [percent, amount] = [decimal(params, 'percent_off'), integer(params, 'amount_off')];
  if ((percent === undefined) === (amount === undefined)) {
    throw invalid('You must pass exactly one of percent_off and amount_off.', { param: 'percent_off' });
  }
  if (percent !== undefined && (percent <= 0 || percent > 100)) {
    throw invalid('percent_off must be greater than 0 and at most 100.', { param: 'percent_off' });
  }
  if (amount !== undefined && amount < 1) throw invalid('Invalid positive integer', { param: 'amount_off' });
  const duration = choice(params, { name: 'duration', of: ['forever', 'once', 'repeating'] }) ?? 'once';
  const months = integer(params, 'duration_in_months') ?? null;
  if (duration === 'repeating' && !months) throw missingParam('duration_in_months');
  const coupon = save(session, 'coupons', {
    id: freeId(session, { in: 'coupons', id: text(params, 'id') ?? randomText(8), prefix: '' }),
    object: 'coupon',
    amount_off: amount ?? null,
    created: session.now,
    currency: amount === undefined ? null : readCurrency(required(params, 'currency')),
    duration,
    duration_in_months: duration === 'repeating' ? months : null,
    livemode: false,
    max_redemptions: integer(params, 'max_redemptions') ?? null,
    metadata: mergedMetadata(params),
    name: text(params, 'name') ?? null,
    percent_off: percent ?? null,
    redeem_by: integer(params, 'redeem_by') ?? null,
    times_redeemed: 0,
    valid: true,
    _products: texts(hash(params, 'applies_to') ?? {}, 'products') ?? null,
  });
  emit(session, 'coupon.created', { of: coupon });
  return coupon;
}

export function updateCoupon(session: Session, { before, params }: { before: Coupon; params: Params }): Coupon {
  const name = isSent(params, 'name') ? (text(params, 'name') ?? null) : before.name;
  const after = save(session, 'coupons', { ...before, name, metadata: mergedMetadata(params, before.metadata) });
  emit(session, 'coupon.updated', { of: after, before: changed(before, after) });
  return after;
}

export function deleteCoupon(session: Session, coupon: Coupon) {
  remove(session, { in: 'coupons', id: coupon.id });
  emit(session, 'coupon.deleted', { of: coupon });
  return { id: coupon.id, object: 'coupon', deleted: true };
}

/** Whether somebody may still redeem it; what is redeemed already goes on. */
export function isRedeemable(session: Session, { redeem_by, max_redemptions, times_redeemed }: Coupon): boolean {
  return (
    (redeem_by === null || session.now < redeem_by) && (max_redemptions === null || times_redeemed < max_redemptions)
  );
}

export function createPromotionCode(session: Session, params: Params): PromotionCode {
  const promotion = hash(params, 'promotion');
  const id = promotion ? required(promotion, 'coupon') : required(params, 'promotion[coupon]');
  const coupon = loadParam(session, { in: 'coupons', id, param: 'promotion[coupon]' });
  const code = (text(params, 'code') ?? randomText(8)).toUpperCase();
  if (all(session, 'promotion_codes').some((one) => one.active && one.code.toUpperCase() === code)) {
    throw invalid('An active promotion code with this code already exists.', {
      code: 'resource_already_exists',
      param: 'code',
    });
  }
  const limits = hash(params, 'restrictions') ?? {};
  const customer = text(params, 'customer') ?? null;
  if (customer) loadParam(session, { in: 'customers', id: customer, param: 'customer' });
  const made = save(session, 'promotion_codes', {
    id: newId('promo'),
    object: 'promotion_code',
    active: flag(params, 'active') ?? true,
    code: text(params, 'code') ?? code,
    created: session.now,
    customer,
    customer_account: null,
    expires_at: integer(params, 'expires_at') ?? null,
    livemode: false,
    max_redemptions: integer(params, 'max_redemptions') ?? null,
    metadata: mergedMetadata(params),
    promotion: { coupon: coupon.id, type: 'coupon' },
    restrictions: {
      first_time_transaction: flag(limits, 'first_time_transaction') ?? false,
      minimum_amount: integer(limits, 'minimum_amount') ?? null,
      minimum_amount_currency: text(limits, 'minimum_amount_currency') ?? null,
    },
    times_redeemed: 0,
  });
  emit(session, 'promotion_code.created', { of: made });
  return made;
}

type Change = { before: PromotionCode; params: Params };

export function updatePromotionCode(session: Session, { before, params }: Change): PromotionCode {
  const active = flag(params, 'active') ?? before.active;
  const after = save(session, 'promotion_codes', {
    ...before,
    active,
    metadata: mergedMetadata(params, before.metadata),
  });
  emit(session, 'promotion_code.updated', { of: after, before: changed(before, after) });
  return after;
}
