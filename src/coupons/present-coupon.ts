import type { CouponRow, Terms } from '#db/queries/coupons.ts';
import type { Coupon, PublicCoupon } from '#schemas/coupons.ts';

/** What everybody may know of it: no counters, no limits. Whoever holds a claim of a secret one need not know its code. */
export function presentPublicCoupon(row: Terms): PublicCoupon {
  const { id, tenantId, name, description, kind, percentOff, amountOff, currency, currencyOptions } = row;
  const { productId, maxDiscount, minSubtotal, startsAt, endsAt, hours, firstPurchaseOnly } = row;
  const { tierIds, productIds, stackable } = row;
  const gift = { kind, percentOff, amountOff, currency, currencyOptions, productId, maxDiscount, minSubtotal };
  const times = { startsAt, endsAt, hours };
  const code = row.public ? row.code : null;
  return {
    id,
    tenantId,
    code,
    name,
    description,
    ...gift,
    ...times,
    firstPurchaseOnly,
    tierIds,
    productIds,
    stackable,
  };
}

export function presentCoupon(row: CouponRow): Coupon {
  const { maxRedemptions, maxPerUser, perUserPeriod, claimTtlSeconds, duration, durationInMonths, budgets } = row;
  const { autoPause, active, pausedAt, pausedReason, archivedAt, metadata, externalId, version, createdAt, updatedAt } =
    row;
  const { claimed, reserved, redeemed } = row;
  const left = maxRedemptions === null ? null : maxRedemptions - claimed - reserved - redeemed;
  const limits = { maxRedemptions, maxPerUser, perUserPeriod, claimTtlSeconds, duration, durationInMonths, budgets };
  const state = { autoPause, public: row.public, active, pausedAt, pausedReason, archivedAt };
  const uses = { claimed, reserved, redeemed, left };
  const rest = { uses, metadata, externalId, version, createdAt, updatedAt };
  return { ...presentPublicCoupon(row), code: row.code, ...limits, ...state, ...rest };
}

/** Without what moves by itself: for the audit log. */
export function termsOf(row: CouponRow): Omit<Coupon, 'uses' | 'version'> {
  const { uses: _uses, version: _version, ...terms } = presentCoupon(row);
  return terms;
}
