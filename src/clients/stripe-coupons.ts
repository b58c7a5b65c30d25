import type Stripe from 'stripe';
import { type CardPayments, CardRefused, type NewCoupon } from './card-payments.ts';
import { toStripeAmount } from './stripe-amounts.ts';
import { type Ask, optionsOf } from './stripe-client.ts';

type Coupons = Pick<CardPayments, 'createCoupon' | 'createPromotion' | 'setPromotionActive'>;

export function couponsOf(ask: Ask): Coupons {
  return {
    createCoupon: async ({ account, idempotencyKey, ...coupon }) => {
      const options = optionsOf({ account, idempotencyKey });
      return (await ask((stripe) => stripe.coupons.create(paramsOf(coupon), options))).id;
    },
    createPromotion: async ({ couponId, code, metadata, account, idempotencyKey }) => {
      const params = { promotion: { type: 'coupon' as const, coupon: couponId }, code, metadata };
      const options = optionsOf({ account, idempotencyKey });
      try {
        return (await ask((stripe) => stripe.promotionCodes.create(params, options))).id;
      } catch (error) {
        // Made before, so long ago that the key is forgotten.
        if (!(error instanceof CardRefused)) throw error;
        const { data } = await ask((stripe) => stripe.promotionCodes.list({ code }, optionsOf({ account })));
        if (!data[0]) throw error;
        return data[0].id;
      }
    },
    setPromotionActive: async ({ promotionId, active, account }) => {
      await ask((stripe) => stripe.promotionCodes.update(promotionId, { active }, optionsOf({ account })));
    },
  };
}

function paramsOf(coupon: NewCoupon): Stripe.CouponCreateParams {
  const { name, percentOff, amountOff, currency, duration, months, metadata } = coupon;
  return {
    name,
    metadata,
    duration,
    ...(months !== null && { duration_in_months: months }),
    ...(percentOff !== null && { percent_off: percentOff }),
    ...(amountOff !== null &&
      currency !== null && { amount_off: toStripeAmount(amountOff, currency), currency: currency.toLowerCase() }),
  };
}
