import { z } from 'zod';
import { Id, IdParam, PageQuery, Timestamp, text } from './common.ts';

/** `requested` by the buyer until an admin decides; then as at the processor. */
export const refundStatuses = [
  'requested',
  'declined',
  'pending',
  'requires_action',
  'succeeded',
  'failed',
  'canceled',
] as const;
export type RefundStatus = (typeof refundStatuses)[number];
/** What the ledger of effects knows how to take back. */
export const effectKinds = [
  'stock',
  'product',
  'membership',
  'period',
  'coupon',
  'conversion',
  'progress',
  'tier',
  'points',
] as const;
export type EffectKind = (typeof effectKinds)[number];
/** What gives effects. */
export const effectCauses = ['payment', 'claim', 'quest', 'purchase', 'referral'] as const;
export type EffectCause = (typeof effectCauses)[number];

export const RefundBody = z
  .object({
    amount: z
      .int()
      .min(1)
      .max(99_999_999)
      .optional()
      .meta({ description: "In the currency's minor unit; all that is left when absent", example: 500 }),
    reason: text(500).optional(),
  })
  .nullish()
  .meta({ example: { amount: 500, reason: 'One bag was torn' } });
export type RefundBody = z.output<typeof RefundBody>;

/** Strict: a dry run that is misspelt must not move money. */
export const RefundQuery = z.strictObject({
  dryRun: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .optional()
    .meta({
      description: '`true` changes nothing: the answer lists what the refund would take back',
      type: 'string',
      enum: ['true', 'false'],
    }),
});
export const RefundParams = z.object({ refundId: IdParam });

const exampleRefund = {
  id: '019ab3c4-aaaa-7b02-8c3d-4e5f60718293',
  paymentId: '019ab3c4-9999-7b02-8c3d-4e5f60718293',
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  amount: 500,
  currency: 'EUR',
  status: 'succeeded',
  reason: 'One bag was torn',
  failureReason: null,
  createdAt: '2026-11-23T14:15:16.123Z',
  updatedAt: '2026-11-23T14:15:17.000Z',
};

export const Refund = z
  .object({
    id: Id,
    paymentId: Id,
    tenantId: Id,
    amount: z.int(),
    currency: z.string(),
    status: z.enum(refundStatuses),
    reason: z.string().nullable(),
    failureReason: z.string().nullable().meta({ description: "Why it failed, in the processor's word" }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Refund', example: exampleRefund });
export type Refund = z.output<typeof Refund>;

export const RefundAnswer = z
  .object({ refund: Refund })
  .meta({ id: 'RefundAnswer', example: { refund: exampleRefund } });

/** One thing that a payment gave. */
export const Effect = z
  .object({
    kind: z.enum(effectKinds).meta({
      description:
        '`stock` put back, `product` no longer owned, `membership` or `period` of a subscription ended, `coupon` usable again, `progress` of a quest taken back with what it gave, `tier` lent for a time returned, `points` taken back',
    }),
    targetId: Id.meta({
      description:
        'The product, the tier, the subscription, the use of a coupon (its claim), the progress, or the membership',
    }),
    quantity: z.int(),
  })
  .meta({ id: 'Effect', example: { kind: 'product', targetId: exampleRefund.id, quantity: 2 } });
export type Effect = z.output<typeof Effect>;

export const RefundPreview = z
  .object({
    dryRun: z.literal(true),
    amount: z.int(),
    currency: z.string(),
    isFull: z.boolean().meta({ description: 'Whether nothing is left: only then effects are taken back' }),
    effects: z.array(Effect),
  })
  .meta({
    id: 'RefundPreview',
    example: {
      dryRun: true,
      amount: 4980,
      currency: 'EUR',
      isFull: true,
      effects: [{ kind: 'product', targetId: exampleRefund.id, quantity: 2 }],
    },
  });
export type RefundPreview = z.output<typeof RefundPreview>;

export const RefundsQuery = PageQuery.extend({
  status: z.enum(refundStatuses).optional(),
  paymentId: IdParam.optional(),
});

export const Dispute = z
  .object({
    id: Id,
    paymentId: Id,
    amount: z.int(),
    currency: z.string(),
    reason: z.string(),
    status: z.string().meta({ description: 'As at the processor: needs_response, under_review, won, lost …' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({
    id: 'Dispute',
    example: {
      id: '019ab3c4-bbbb-7b02-8c3d-4e5f60718293',
      paymentId: exampleRefund.paymentId,
      amount: 4980,
      currency: 'EUR',
      reason: 'fraudulent',
      status: 'needs_response',
      createdAt: '2026-11-23T14:15:16.123Z',
      updatedAt: '2026-11-23T14:15:17.000Z',
    },
  });
export type Dispute = z.output<typeof Dispute>;
