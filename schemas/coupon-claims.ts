import { z } from 'zod';
import { Currency, Id, IdParam, PageQuery, Timestamp, text } from './common.ts';
import { type CouponPeriod, couponReasons, PublicCoupon } from './coupons.ts';
import { Amount } from './money.ts';
import { OrderItem } from './payments.ts';

/**
 * `claimed` is kept for its holder until it expires; `reserved` is in a payment that is still open. Of those that are given
 * back, `expired` ran out and `released` is for every other reason.
 */
export const claimStatuses = ['claimed', 'reserved', 'redeemed', 'released', 'expired'] as const;
export type ClaimStatus = (typeof claimStatuses)[number];
/** Who or what gave a use back. */
export const releaseReasons = [
  'holder',
  'staff',
  'expired',
  'payment',
  'refund',
  'rollback',
  'quest',
  'referral',
] as const;
export type ReleaseReason = (typeof releaseReasons)[number];

/** A row of a person's uses that a claim has taken one of, and gives back. */
export type TakenUse = { scopeId: string; identity: string; period: CouponPeriod; start: string };
/** A row of a budget, with what was taken of it. */
export type TakenBudget = { measure: string; period: CouponPeriod; start: string; currency: string; amount: number };

const exampleClaim = {
  id: '019ab3c4-eeee-7b02-8c3d-4e5f60718293',
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  couponId: '019ab3c4-dddd-7b02-8c3d-4e5f60718293',
  userId: '019ab3c4-8888-7b02-8c3d-4e5f60718293',
  code: 'K7QM-2XTV-9RHD-C4NA',
  status: 'claimed',
  claimedAt: '2026-11-23T14:15:16.123Z',
  expiresAt: '2026-11-23T14:45:16.123Z',
  paymentId: null,
  subscriptionId: null,
  subtotal: null,
  discount: null,
  currency: null,
  redeemedAt: null,
  releasedAt: null,
  releaseReason: null,
};

export const CouponClaim = z
  .object({
    id: Id,
    tenantId: Id,
    couponId: Id,
    userId: Id,
    code: z.string().meta({ description: 'To show at the till' }),
    status: z.enum(claimStatuses),
    claimedAt: Timestamp,
    expiresAt: Timestamp.nullable().meta({
      description: 'Until when it is kept; null for one that a payment took itself',
    }),
    paymentId: Id.nullable(),
    subscriptionId: Id.nullable().meta({ description: 'The subscription that it takes something off' }),
    subtotal: z.int().nullable(),
    discount: z.int().nullable(),
    currency: z.string().nullable(),
    redeemedAt: Timestamp.nullable(),
    releasedAt: Timestamp.nullable(),
    releaseReason: z.enum(releaseReasons).nullable(),
  })
  .meta({ id: 'CouponClaim', example: exampleClaim });
export type CouponClaim = z.output<typeof CouponClaim>;

export const ClaimAnswer = z
  .object({ claim: CouponClaim })
  .meta({ id: 'ClaimAnswer', example: { claim: exampleClaim } });

export const ClaimCouponBody = z
  .object({ code: text(128).optional().meta({ description: 'For a coupon whose codes are for one person each' }) })
  .nullish()
  .meta({ example: {} });
export type ClaimCouponBody = z.output<typeof ClaimCouponBody>;

export const ClaimParams = z.object({ tenantId: IdParam, claimId: IdParam });
export const ReleaseClaimBody = z
  .object({ reason: text(500).optional().meta({ description: 'Needed to roll back a redemption' }) })
  .nullish()
  .meta({ example: { reason: 'Rung up twice' } });
export const MyClaimsQuery = PageQuery.extend({
  tenantId: IdParam.optional().meta({ description: 'Only those of this brand' }),
});
export const ClaimsQuery = PageQuery.extend({
  couponId: IdParam.optional(),
  userId: IdParam.optional(),
  status: z.enum(claimStatuses).optional(),
});
export type ClaimsQuery = z.output<typeof ClaimsQuery>;

export const RedeemCouponBody = z
  .object({
    claimCode: text(64).meta({ description: 'As shown by its holder: case, spaces and hyphens do not matter' }),
    amount: Amount.optional().meta({
      description: 'What is bought costs this without the coupon; for a coupon of certain products, these alone',
    }),
    currency: Currency.optional().meta({ description: "The coupon's, else the brand's, when absent" }),
  })
  .meta({ id: 'RedeemCouponBody', example: { claimCode: exampleClaim.code, amount: 4980, currency: 'EUR' } });
export type RedeemCouponBody = z.output<typeof RedeemCouponBody>;

const Sum = z.object({ amount: z.int(), currency: z.string() });
export const RedeemedCoupon = z.object({ claim: CouponClaim, discount: Sum.nullable(), total: Sum.nullable() }).meta({
  id: 'RedeemedCoupon',
  example: {
    claim: { ...exampleClaim, status: 'redeemed' },
    discount: { amount: 498, currency: 'EUR' },
    total: { amount: 4482, currency: 'EUR' },
  },
});
export type RedeemedCoupon = z.output<typeof RedeemedCoupon>;

export const EligibilityQuery = z.object({
  amount: z
    .string()
    .regex(/^\d{1,8}$/, 'must be a whole number of minor units')
    .transform(Number)
    .optional()
    .meta({ description: "What the cart costs, in the currency's minor unit", type: 'integer', example: 4980 }),
  currency: Currency.optional(),
  productIds: z
    .string()
    .max(2000)
    .transform((ids) => ids.split(',').map((id) => id.trim().toLowerCase()))
    .pipe(z.array(z.uuid()).max(50))
    .optional()
    .meta({ description: 'What is in the cart: ids, separated by commas', type: 'string' }),
  userId: IdParam.optional().meta({ description: 'For an API key, or the team: of this person' }),
});
export type EligibilityQuery = z.output<typeof EligibilityQuery>;

export const Missing = z
  .object({
    amount: z.int().optional().meta({ description: 'How much the cart lacks' }),
    startsAt: Timestamp.optional(),
    nextWindowAt: Timestamp.optional(),
    products: z.array(Id).optional(),
    tiers: z.array(Id).optional(),
  })
  .meta({ id: 'CouponMissing', example: { amount: 520 } });
export type Missing = z.output<typeof Missing>;

export const Eligibility = z
  .object({
    eligible: z.boolean(),
    reasons: z.array(z.enum(couponReasons)).meta({ description: 'All that stand against it' }),
    missing: Missing,
    discount: Sum.nullable().meta({ description: 'What it would take off; null when the cart does not tell' }),
  })
  .meta({
    id: 'CouponEligibility',
    example: { eligible: false, reasons: ['MIN_AMOUNT'], missing: { amount: 520 }, discount: null },
  });
export type Eligibility = z.output<typeof Eligibility>;

export const EligibleBody = z
  .object({
    items: z.array(OrderItem).min(1).max(50).optional().meta({ description: "Priced by the brand's prices" }),
    amount: Amount.optional(),
    currency: Currency.optional(),
  })
  .refine((body) => body.items !== undefined || (body.amount === undefined) === (body.currency === undefined), {
    path: ['currency'],
    error: 'amount and currency go together',
  })
  .meta({ id: 'EligibleBody', example: { amount: 4980, currency: 'EUR' } });
export type EligibleBody = z.output<typeof EligibleBody>;

export const EligibleCoupon = z
  .object({ coupon: PublicCoupon, claimId: Id.nullable(), ...Eligibility.shape })
  .meta({ id: 'EligibleCoupon' });
export type EligibleCoupon = z.output<typeof EligibleCoupon>;
export const EligibleAnswer = z.object({ coupons: z.array(EligibleCoupon) });
