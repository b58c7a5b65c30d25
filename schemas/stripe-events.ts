import { z } from 'zod';
import { Id, PageQuery, Timestamp } from './common.ts';

/** `pending` is kept and not applied yet; `ignored` is a type that nothing here follows from. */
export const stripeEventStatuses = ['pending', 'succeeded', 'ignored', 'failed'] as const;
export type StripeEventStatus = (typeof stripeEventStatuses)[number];

export const StripeEventsQuery = PageQuery.extend({
  status: z.enum(stripeEventStatuses).optional(),
  type: z.string().min(1).max(100).optional().meta({ example: 'payment_intent.succeeded' }),
});
export const StripeEventParams = z.object({
  eventId: z
    .string()
    .regex(/^evt_\w{1,250}$/, 'must be the id of an event')
    .meta({ example: 'evt_3Q0000000000000000000000' }),
});

const exampleEvent = {
  id: '019ab3c4-dddd-7b02-8c3d-4e5f60718293',
  eventId: 'evt_3Q0000000000000000000000',
  account: null,
  type: 'payment_intent.succeeded',
  livemode: false,
  status: 'succeeded',
  attempts: 1,
  error: null,
  createdAt: '2026-11-23T14:15:16.000Z',
  receivedAt: '2026-11-23T14:15:16.123Z',
  processedAt: '2026-11-23T14:15:16.130Z',
};

export const StripeEvent = z
  .object({
    id: Id,
    eventId: z.string(),
    account: z.string().nullable().meta({ description: "A brand's connected account" }),
    type: z.string(),
    livemode: z.boolean(),
    status: z.enum(stripeEventStatuses),
    attempts: z.int(),
    error: z.string().nullable(),
    createdAt: Timestamp.meta({ description: 'When it happened at Stripe' }),
    receivedAt: Timestamp,
    processedAt: Timestamp.nullable(),
  })
  .meta({ id: 'StripeEvent', example: exampleEvent });
export type StripeEvent = z.output<typeof StripeEvent>;

export const Received = z.object({ received: z.literal(true) }).meta({ id: 'Received', example: { received: true } });
