import { isRedeemable } from './coupons.ts';
import { invalid } from './errors.ts';
import { emit } from './events.ts';
import type { Params } from './form.ts';
import { newId } from './ids.ts';
import { hashes, text } from './params.ts';
import { periodEnd } from './periods.ts';
import { all, find, load, loadParam, type Session, save, update } from './session.ts';
import type { Coupon, Discount, PromotionCode } from './types.ts';

type Target = { customer: string; subscription: string; amount: number; currency: string };

/** The discounts of the parameter, made from coupons and promotion codes; ones that are there already are kept. */
export function readDiscounts(
  session: Session,
  { params, target }: { params: Params; target: Target },
): string[] | undefined {
  return hashes(params, 'discounts')?.map((one) => {
    const [kept, coupon, code] = [text(one, 'discount'), text(one, 'coupon'), text(one, 'promotion_code')];
    if (kept) return loadParam(session, { in: 'discounts', id: kept, param: 'discounts' }).id;
    if (code) return redeemCode(session, { id: code, target });
    if (!coupon) throw invalid('Each discount needs a coupon, a promotion_code or a discount.', { param: 'discounts' });
    const named = loadParam(session, { in: 'coupons', id: coupon, param: 'discounts[coupon]' });
    return redeem(session, { coupon: named, code: null, target });
  });
}

function redeemCode(session: Session, { id, target }: { id: string; target: Target }): string {
  const code = loadParam(session, { in: 'promotion_codes', id, param: 'discounts[promotion_code]' });
  checkCode(session, { code, target });
  const coupon = load(session, 'coupons', code.promotion.coupon);
  const discount = redeem(session, { coupon, code: code.id, target });
  update(session, { in: 'promotion_codes', id }, { times_redeemed: code.times_redeemed + 1 });
  return discount;
}

function checkCode(session: Session, { code, target }: { code: PromotionCode; target: Target }): void {
  const refuse = (why: string, param = 'promotion_code') =>
    invalid(`This promotion code cannot be redeemed because ${why}.`, { param });
  const { restrictions: limits } = code;
  const isUsedUp = code.max_redemptions !== null && code.times_redeemed >= code.max_redemptions;
  if (!code.active || isUsedUp) throw refuse('it is no longer active');
  if (code.expires_at !== null && session.now >= code.expires_at) throw refuse('it has expired');
  if (code.customer && code.customer !== target.customer) throw refuse('it belongs to another customer');
  const hasPaid = all(session, 'charges').some(({ customer, paid }) => paid && customer === target.customer);
  if (limits.first_time_transaction && hasPaid) throw refuse('the associated customer has prior transactions');
  if (limits.minimum_amount !== null && target.amount < limits.minimum_amount)
    throw refuse('the minimum amount is not reached');
}

type Redemption = { coupon: Coupon; code: string | null; target: Target };

function redeem(session: Session, { coupon, code, target }: Redemption): string {
  if (!isRedeemable(session, coupon)) {
    throw invalid(`Coupon expired: ${coupon.id}`, { code: 'coupon_expired', param: 'coupon' });
  }
  if (coupon.currency && coupon.currency !== target.currency) {
    throw invalid(`This coupon is in ${coupon.currency}, the subscription in ${target.currency}.`, { param: 'coupon' });
  }
  const times_redeemed = coupon.times_redeemed + 1;
  const counted = update(session, { in: 'coupons', id: coupon.id }, { times_redeemed });
  update(session, { in: 'coupons', id: coupon.id }, { valid: isRedeemable(session, counted) });
  const recurring = {
    interval: 'month',
    interval_count: coupon.duration_in_months ?? 1,
    meter: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
  const discount: Discount = {
    id: newId('di'),
    object: 'discount',
    checkout_session: null,
    customer: target.customer,
    customer_account: null,
    end: coupon.duration === 'repeating' ? periodEnd(session.now, { anchor: session.now, recurring }) : null,
    invoice: null,
    invoice_item: null,
    promotion_code: code,
    source: { coupon: coupon.id, type: 'coupon' },
    start: session.now,
    subscription: target.subscription,
    subscription_item: null,
    _isSpent: false,
  };
  save(session, 'discounts', discount);
  emit(session, 'customer.discount.created', { of: discount });
  return discount.id;
}

/** Those that still count: a coupon for one invoice has been on none, one for some months is within them. */
export function activeDiscounts(session: Session, ids: readonly string[]): Discount[] {
  return ids.flatMap((id) => {
    const one = find(session, { in: 'discounts', id });
    return one && !one._isSpent && (one.end === null || session.now < one.end) ? [one] : [];
  });
}

export function spendOnce(session: Session, discounts: readonly Discount[]): void {
  for (const { id, source } of discounts) {
    if (find(session, { in: 'coupons', id: source.coupon })?.duration === 'once') {
      update(session, { in: 'discounts', id }, { _isSpent: true });
    }
  }
}

type Line = { amount: number; product: string | null; isDiscountable: boolean };
export type Off = { discount: string; amount: number };

/** What each discount takes off each line, one after the other; never more than a line is worth. */
export function discountLines(
  session: Session,
  { discounts, lines }: { discounts: readonly Discount[]; lines: readonly Line[] },
): Off[][] {
  const left = lines.map(({ amount, isDiscountable }) => (isDiscountable ? Math.max(0, amount) : 0));
  const off: Off[][] = lines.map(() => []);
  for (const { id, source } of discounts) {
    const { percent_off, amount_off, _products } = load(session, 'coupons', source.coupon);
    const applies = lines.map(({ product }) => _products === null || (product !== null && _products.includes(product)));
    const eligible = left.map((amount, index) => (applies[index] ? amount : 0));
    const total = eligible.reduce((sum, amount) => sum + amount, 0);
    const whole = percent_off === null ? Math.min(amount_off ?? 0, total) : Math.round((total * percent_off) / 100);
    for (const [index, amount] of shares(whole, eligible).entries()) {
      left[index] = (left[index] ?? 0) - amount;
      if (amount > 0) off[index]?.push({ discount: id, amount });
    }
  }
  return off;
}

// In proportion, the sum exact: what rounding leaves goes to the last line that has room.
function shares(whole: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return weights.map(() => 0);
  let [given, seen] = [0, 0];
  return weights.map((weight) => {
    seen += weight;
    const share = Math.round((whole * seen) / total) - given;
    given += share;
    return share;
  });
}
