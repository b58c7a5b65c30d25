import { z } from 'zod';
import { Currency, Id, IdParam, InstantInput, jsonObject, PageQuery, Timestamp, text } from './common.ts';
import { Asset, ChainId } from './crypto.ts';
import { CryptoDetails, CryptoSummary } from './crypto-payments.ts';

/**
 * `failed` is a declined attempt: the buyer may try another card until the payment expires. `succeeded`, `canceled` and
 * `expired` are final.
 */
export const paymentStatuses = [
  'pending',
  'requires_action',
  'processing',
  'succeeded',
  'failed',
  'canceled',
  'expired',
] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];
export const paymentMethods = ['card', 'crypto'] as const;
export type PaymentMethod = (typeof paymentMethods)[number];
/** What was bought: products, a tier for once, or a period of a subscription. */
export const paymentKinds = ['purchase', 'membership', 'subscription'] as const;
export type PaymentKind = (typeof paymentKinds)[number];
/** Who takes the money: a total of 0 needs nobody. */
export const paymentProviders = ['stripe', 'crypto', 'none'] as const;
export type PaymentProvider = (typeof paymentProviders)[number];
export const paymentRefundStatuses = ['none', 'pending', 'partial', 'full'] as const;
export type PaymentRefundStatus = (typeof paymentRefundStatuses)[number];

const MAX_METADATA_BYTES = 4096;
const MAX_ITEMS = 50;
export const MAX_QUANTITY = 10_000;

export const OrderItem = z.object({ productId: IdParam, quantity: z.int().min(1).max(MAX_QUANTITY) });
export type OrderItem = z.output<typeof OrderItem>;

const MAX_COUPONS = 30;
export const AskedCoupon = z
  .union([z.strictObject({ code: text(128) }), z.strictObject({ claimId: IdParam })])
  .meta({ id: 'AskedCoupon', example: { code: 'SUMMER-10' } });
export type AskedCoupon = z.output<typeof AskedCoupon>;
export const AskedCoupons = z.array(AskedCoupon).max(MAX_COUPONS).meta({
  description: 'Several coupons that can be used together, in this order, each on what is left',
});

type Asking = { couponCode?: string | undefined; claimId?: string | undefined; coupons?: AskedCoupon[] | undefined };
export const namesOnce = (body: Asking) =>
  [body.couponCode, body.claimId, body.coupons].filter((one) => one !== undefined).length <= 1;
export const ONCE = { path: ['coupons'], error: 'name coupons in one way: couponCode, claimId or coupons' };

export const orderFields = {
  tenantId: IdParam,
  items: z.array(OrderItem).min(1).max(MAX_ITEMS),
  couponCode: text(128).optional(),
  claimId: IdParam.optional().meta({ description: 'A coupon that the buyer has claimed' }),
  coupons: AskedCoupons.optional(),
  storeId: IdParam.optional(),
  metadata: jsonObject(MAX_METADATA_BYTES).optional().meta({ description: 'At most 4 KiB of JSON, kept as it is' }),
};
export const exampleOrder = {
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  items: [{ productId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071', quantity: 2 }],
};

export const CreatePaymentBody = z
  .object({
    ...orderFields,
    method: z.enum(paymentMethods).default('card'),
    asset: Asset.optional().meta({ description: 'With `crypto`; absent where the brand takes only one' }),
    chainId: ChainId.optional(),
  })
  .refine(namesOnce, ONCE)
  .meta({ id: 'CreatePaymentBody', example: { ...exampleOrder, method: 'card' } });
export type CreatePaymentBody = z.output<typeof CreatePaymentBody>;

export const CreateIntentBody = z
  .object(orderFields)
  .refine(namesOnce, ONCE)
  .meta({ id: 'CreateIntentBody', example: exampleOrder });
export type CreateIntentBody = z.output<typeof CreateIntentBody>;

/** A line as it was when it was bought. */
export const PaymentItem = z
  .object({
    productId: Id.nullable(),
    tierId: Id.nullable().meta({ description: 'The tier, where a membership was bought' }),
    name: z.string(),
    sku: z.string().nullable(),
    quantity: z.int(),
    unitAmount: z.int(),
    amount: z.int(),
  })
  .meta({ id: 'PaymentItem' });
export type PaymentItem = z.output<typeof PaymentItem>;

export const PaymentFailure = z
  .object({ code: z.string(), message: z.string() })
  .meta({ description: "Why the last attempt was declined, in the processor's words" });
export type PaymentFailure = z.output<typeof PaymentFailure>;

export const PaymentCoupon = z
  .object({
    couponId: Id,
    claimId: Id,
    code: z.string().meta({ description: 'What was typed, or the code of the claim' }),
    discount: z.int(),
  })
  .meta({ id: 'PaymentCoupon' });
export type PaymentCoupon = z.output<typeof PaymentCoupon>;

const examplePayment = {
  id: '019ab3c4-9999-7b02-8c3d-4e5f60718293',
  trackingId: 'trk_AZqzxGoRewKMPU5fYHGCkwZ5d0v1cPq3n5tQkJ8Lw2M',
  tenantId: exampleOrder.tenantId,
  userId: '019ab3c4-8888-7b02-8c3d-4e5f60718293',
  storeId: null,
  kind: 'purchase',
  status: 'pending',
  refundStatus: 'none',
  method: 'card',
  provider: 'stripe',
  subtotal: 4980,
  discount: 0,
  amount: 4980,
  refundedAmount: 0,
  currency: 'EUR',
  items: [
    {
      productId: exampleOrder.items[0]?.productId,
      tierId: null,
      name: 'Espresso beans, 1 kg',
      sku: 'ESP-1000',
      quantity: 2,
      unitAmount: 2490,
      amount: 4980,
    },
  ],
  coupon: null,
  coupons: [],
  failure: null,
  crypto: null,
  subscriptionId: null,
  metadata: {},
  createdAt: '2026-11-23T14:15:16.123Z',
  expiresAt: '2026-11-23T14:45:16.123Z',
  succeededAt: null,
};

export const Payment = z
  .object({
    id: Id,
    trackingId: z.string().meta({ description: 'Unguessable: whoever has it may read the status' }),
    tenantId: Id,
    userId: Id,
    storeId: Id.nullable(),
    kind: z.enum(paymentKinds),
    status: z.enum(paymentStatuses),
    refundStatus: z.enum(paymentRefundStatuses),
    method: z.enum(paymentMethods),
    provider: z.enum(paymentProviders).meta({ description: '`none` for a total of 0' }),
    subtotal: z.int(),
    discount: z.int(),
    amount: z.int().meta({ description: "What is charged, in the currency's minor unit: subtotal less discount" }),
    refundedAmount: z.int(),
    currency: z.string(),
    items: z.array(PaymentItem),
    coupon: PaymentCoupon.nullable().meta({ description: 'The first of `coupons`' }),
    coupons: z.array(PaymentCoupon).meta({ description: 'Those that took something off, in the order of their use' }),
    failure: PaymentFailure.nullable(),
    crypto: CryptoSummary.nullable().meta({ description: 'Of a payment in crypto' }),
    subscriptionId: Id.nullable(),
    metadata: z.record(z.string(), z.unknown()),
    createdAt: Timestamp,
    expiresAt: Timestamp.nullable().meta({ description: 'Until when it can be paid' }),
    succeededAt: Timestamp.nullable(),
  })
  .meta({ id: 'Payment', example: examplePayment });
export type Payment = z.output<typeof Payment>;

/** Stripe.js takes it as `stripeAccount`. */
export const StripeAccountId = z.string().nullable().meta({
  description: "The brand's connected account, on which a browser confirms: `stripeAccount` of Stripe.js; else null",
});

export const CardDetails = z
  .object({
    clientSecret: z.string().meta({ description: 'With it and the publishable key a browser confirms the payment' }),
    paymentIntentId: z.string(),
    publishableKey: z.string(),
    stripeAccountId: StripeAccountId,
  })
  .meta({ id: 'CardDetails' });
export type CardDetails = z.output<typeof CardDetails>;

const exampleCard = {
  clientSecret: 'pi_3Q0000000000000000000000_secret_0000000000000000000000000',
  paymentIntentId: 'pi_3Q0000000000000000000000',
  publishableKey: 'pk_test_0000000000000000',
  stripeAccountId: null,
};

export const CreatedPayment = z
  .object({
    payment: Payment,
    card: CardDetails.optional().meta({ description: 'Of a payment by card, unless its total is 0' }),
    crypto: CryptoDetails.optional().meta({ description: 'Of a payment in crypto, unless its total is 0' }),
  })
  .meta({ id: 'CreatedPayment', example: { payment: examplePayment, card: exampleCard } });
export type CreatedPayment = z.output<typeof CreatedPayment>;

export const CreatedIntent = z
  .object({
    clientSecret: z.string().nullable().meta({ description: 'null for a total of 0: it has succeeded' }),
    paymentIntentId: z.string().nullable(),
    publishableKey: z.string(),
    stripeAccountId: StripeAccountId,
    trackingId: z.string(),
    paymentId: Id,
    amount: z.int(),
    currency: z.string(),
  })
  .meta({
    id: 'CreatedIntent',
    example: {
      ...exampleCard,
      trackingId: examplePayment.trackingId,
      paymentId: examplePayment.id,
      amount: 4980,
      currency: 'EUR',
    },
  });
export type CreatedIntent = z.output<typeof CreatedIntent>;

export const TrackingParams = z.object({
  trackingId: z.string().min(1).max(128).meta({ example: examplePayment.trackingId }),
});
export const PaymentStatusQuery = z.object({
  qrCode: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .optional()
    .meta({ description: 'With the QR code of a payment in crypto, which is 20 KB', example: 'true' }),
});
export const PaymentParams = z.object({ paymentId: IdParam });

export const PaymentState = z
  .object({
    trackingId: z.string(),
    status: z.enum(paymentStatuses),
    refundStatus: z.enum(paymentRefundStatuses),
    amount: z.int(),
    currency: z.string(),
    method: z.enum(paymentMethods),
    updatedAt: Timestamp,
    crypto: CryptoDetails.optional(),
  })
  .meta({
    id: 'PaymentState',
    example: {
      trackingId: examplePayment.trackingId,
      status: 'succeeded',
      refundStatus: 'none',
      amount: 4980,
      currency: 'EUR',
      method: 'card',
      updatedAt: '2026-11-23T14:16:00.000Z',
    },
  });
export type PaymentState = z.output<typeof PaymentState>;

export const MyPaymentsQuery = PageQuery.extend({
  tenantId: IdParam.optional().meta({ description: 'Only payments to this brand' }),
});
export const PaymentsQuery = PageQuery.extend({
  status: z.enum(paymentStatuses).optional(),
  method: z.enum(paymentMethods).optional(),
  kind: z.enum(paymentKinds).optional(),
  currency: Currency.optional(),
  userId: IdParam.optional().meta({ description: 'Only what this person paid' }),
  from: InstantInput.optional().meta({ description: 'Made at this instant or later' }),
  to: InstantInput.optional().meta({ description: 'Made before this instant' }),
});
export type PaymentsQuery = z.output<typeof PaymentsQuery>;
