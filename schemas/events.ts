import { z } from 'zod';
import { Id, IdParam, PageQuery, Timestamp } from './common.ts';

/** What a brand can be told about: contract, section 12. */
export const eventTypes = [
  'payment.succeeded',
  'payment.failed',
  'payment.expired',
  'payment.refunded',
  'payment.reversed',
  'membership.created',
  'membership.updated',
  'membership.canceled',
  'product.created',
  'product.updated',
  'coupon.claimed',
  'coupon.redeemed',
  'coupon.released',
  'coupon.paused',
  'quest.completed',
  'quest.claimed',
  'referral.signup',
  'referral.converted',
  'referral.reversed',
  'file.uploaded',
] as const;
export type EventType = (typeof eventTypes)[number];

/** `payment.*` for every type of payments, `*` for all. */
export const eventPatterns = [...eventTypes, ...kindPatterns(), '*'] as const;
export type EventPattern = (typeof eventPatterns)[number];

type Kind = EventType extends `${infer Name}.${string}` ? Name : never;

function kindPatterns(): `${Kind}.*`[] {
  return [...new Set(eventTypes.map((type) => `${type.split('.')[0]}.*` as `${Kind}.*`))];
}

export const EventsQuery = PageQuery.extend({
  after: IdParam.optional().meta({ description: 'The id of an event of the last 90 days: only what came after it' }),
  type: z
    .enum(eventPatterns)
    .optional()
    .meta({ description: 'Only this type; `payment.*` for all of a kind', example: 'payment.*' }),
});

/** The body of a webhook, and an item of the feed. */
export const Event = z
  .object({
    id: Id.meta({ description: 'The `webhook-id` of its messages: what was seen before is not news' }),
    type: z.enum(eventTypes),
    timestamp: Timestamp,
    tenantId: Id,
    sequence: z.int().meta({ description: 'Counts the events of one object, from 1: a lower one is older' }),
    data: z.record(z.string(), z.unknown()).meta({ description: 'The object as the API shows it' }),
  })
  .meta({
    id: 'Event',
    example: {
      id: '019ab3c4-7111-7b02-8c3d-4e5f60718293',
      type: 'product.updated',
      timestamp: '2026-11-23T14:15:16.123Z',
      tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
      sequence: 2,
      data: { id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071', name: 'Espresso beans' },
    },
  });
export type Event = z.output<typeof Event>;
