import { z } from 'zod';
import { Currency, Id, IdParam, Timestamp, text } from './common.ts';
import { Missing } from './coupon-claims.ts';
import { couponReasons } from './coupons.ts';
import { Membership } from './memberships.ts';
import { Amount } from './money.ts';
import { AskedCoupons, OrderItem, StripeAccountId } from './payments.ts';

/** As at Stripe. */
export const subscriptionStatuses = [
  'incomplete',
  'incomplete_expired',
  'trialing',
  'active',
  'past_due',
  'canceled',
  'unpaid',
  'paused',
] as const;
export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

/** What a coupon is at the processor; `months` is of the duration `repeating`. */
export type StripeCouponTerms = {
  name: string;
  percentOff: number | null;
  amountOff: number | null;
  currency: string | null;
  duration: 'once' | 'repeating' | 'forever';
  months: number | null;
};

export const SubscribeBody = z
  .object({
    tenantId: IdParam,
    tierId: IdParam,
    couponCode: text(128).optional(),
    claimId: IdParam.optional().meta({ description: 'A coupon that the member has claimed' }),
  })
  .refine((body) => body.couponCode === undefined || body.claimId === undefined, {
    path: ['claimId'],
    error: 'name the coupon in one way: couponCode or claimId',
  })
  .meta({
    id: 'SubscribeBody',
    example: {
      tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
      tierId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
    },
  });
export type SubscribeBody = z.output<typeof SubscribeBody>;

export const SubscriptionParams = z.object({ subscriptionId: IdParam });
export const CancelSubscriptionBody = z
  .object({
    atPeriodEnd: z
      .boolean()
      .optional()
      .meta({ description: 'false ends it at once; true, the default, when it is paid for' }),
  })
  .nullish()
  .meta({ example: { atPeriodEnd: true } });
export const ChangeTierQuery = z.object({ tierId: IdParam });
export const ChangeTierBody = z
  .object({ tierId: IdParam })
  .meta({ id: 'ChangeTierBody', example: { tierId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071' } });

const exampleSubscription = {
  id: '019ab3c4-cccc-7b02-8c3d-4e5f60718293',
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  userId: '019ab3c4-8888-7b02-8c3d-4e5f60718293',
  tierId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
  pendingTierId: null,
  status: 'active',
  currentPeriodStart: '2026-11-23T14:15:16.000Z',
  currentPeriodEnd: '2026-12-23T14:15:16.000Z',
  trialEnd: null,
  cancelAtPeriodEnd: false,
  canceledAt: null,
  endedAt: null,
  createdAt: '2026-11-23T14:15:16.123Z',
};

export const Subscription = z
  .object({
    id: Id,
    tenantId: Id,
    userId: Id,
    tierId: Id,
    pendingTierId: Id.nullable().meta({ description: 'A change of tier that waits for its payment' }),
    status: z.enum(subscriptionStatuses),
    currentPeriodStart: Timestamp.nullable(),
    currentPeriodEnd: Timestamp.nullable(),
    trialEnd: Timestamp.nullable(),
    cancelAtPeriodEnd: z.boolean(),
    canceledAt: Timestamp.nullable(),
    endedAt: Timestamp.nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'Subscription', example: exampleSubscription });
export type Subscription = z.output<typeof Subscription>;

export const Subscribed = z
  .object({
    subscriptionId: Id.nullable().meta({ description: 'null for a tier that is paid once' }),
    paymentId: Id.nullable().meta({ description: 'The payment of a tier that is paid once' }),
    status: z.string().meta({ description: "The subscription's status, or the payment's" }),
    clientSecret: z
      .string()
      .nullable()
      .meta({ description: 'For the browser to confirm the first payment, or the card of a trial' }),
    publishableKey: z.string(),
    stripeAccountId: StripeAccountId,
    membership: Membership.nullable().meta({ description: 'As it is now: the tier comes with the payment' }),
  })
  .meta({
    id: 'Subscribed',
    example: {
      subscriptionId: exampleSubscription.id,
      paymentId: null,
      status: 'incomplete',
      clientSecret: 'pi_3Q0000000000000000000000_secret_0000000000000000000000000',
      publishableKey: 'pk_test_0000000000000000',
      stripeAccountId: null,
      membership: null,
    },
  });
export type Subscribed = z.output<typeof Subscribed>;

export const SubscriptionState = z
  .object({ subscription: Subscription, membership: Membership.nullable() })
  .meta({ id: 'SubscriptionState' });
export type SubscriptionState = z.output<typeof SubscriptionState>;

export const ChangedTier = SubscriptionState.extend({
  clientSecret: z.string().nullable().meta({ description: 'When the charge must be confirmed in a browser' }),
}).meta({ id: 'ChangedTier' });
export type ChangedTier = z.output<typeof ChangedTier>;

export const TierChangePreview = z
  .object({ amount: z.int().meta({ description: 'Charged now; below 0 it is credited' }), currency: z.string() })
  .meta({ id: 'TierChangePreview', example: { amount: 1250, currency: 'EUR' } });

export const StripeConfig = z
  .object({
    publishableKey: z.string(),
    apiBase: z.string().meta({ description: 'Where a browser confirms: Stripe, or the sandbox' }),
    mode: z.enum(['sandbox', 'test', 'live']),
  })
  .meta({
    id: 'StripeConfig',
    example: { publishableKey: 'pk_test_0000000000000000', apiBase: 'https://api.stripe.com', mode: 'test' },
  });
export type StripeConfig = z.output<typeof StripeConfig>;

export const ValidateCouponBody = z
  .object({
    tenantId: IdParam,
    code: text(128).optional(),
    coupons: AskedCoupons.min(1).optional(),
    items: z.array(OrderItem).min(1).max(50).optional(),
    amount: Amount.optional(),
    currency: Currency.optional(),
  })
  .refine((body) => (body.code === undefined) !== (body.coupons === undefined), {
    path: ['code'],
    error: 'name either one code or coupons',
  })
  .refine((body) => body.items !== undefined || (body.amount === undefined) === (body.currency === undefined), {
    path: ['currency'],
    error: 'amount and currency go together',
  })
  .meta({
    id: 'ValidateCouponBody',
    example: { tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293', code: 'SUMMER-10', amount: 4980, currency: 'EUR' },
  });
export type ValidateCouponBody = z.output<typeof ValidateCouponBody>;

const Sum = z.object({ amount: z.int(), currency: z.string() });
const ValidatedCoupon = z.object({ id: Id, code: z.string(), name: z.string() });
export const CouponValidation = z
  .object({
    valid: z.boolean(),
    reason: z.string().nullable().meta({ description: 'The first of `reasons`: one word for whoever guesses' }),
    reasons: z.array(z.enum(couponReasons)).meta({ description: 'All that stand against it, for who is a member' }),
    missing: Missing,
    coupon: ValidatedCoupon.nullable().meta({ description: 'The first' }),
    coupons: z
      .array(
        ValidatedCoupon.extend({
          discount: z.int().nullable().meta({ description: 'null when no cart was told' }),
          skipped: z.boolean().meta({ description: 'Takes nothing off, and would not be used up' }),
        }),
      )
      .meta({ description: 'All of them, in their order' }),
    discount: Sum.nullable(),
    total: Sum.nullable(),
  })
  .meta({
    id: 'CouponValidation',
    example: {
      valid: false,
      reason: 'NOT_FOUND',
      reasons: ['NOT_FOUND'],
      missing: {},
      coupon: null,
      coupons: [],
      discount: null,
      total: { amount: 4980, currency: 'EUR' },
    },
  });
export type CouponValidation = z.output<typeof CouponValidation>;
