import { z } from 'zod';
import { Id, IdParam, InstantInput, PageQuery, Timestamp } from './common.ts';
import { eventPatterns } from './events.ts';

export const deliveryStatuses = ['pending', 'succeeded', 'failed', 'canceled'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];
/** `failing`: five days without a success; `gone`: it answered 410. */
export const disabledReasons = ['failing', 'gone'] as const;
export type DisabledReason = (typeof disabledReasons)[number];
/** Why there was no answer to take for a success. */
export const deliveryErrors = [
  'status',
  'redirect',
  'timeout',
  'connection',
  'dns',
  'tls',
  'address_refused',
  'response',
] as const;
export type DeliveryError = (typeof deliveryErrors)[number];
/** The type of the message that POST …/test sends. It is in no feed. */
export const TEST_EVENT = 'webhook.test';

// Taken as it is: z.url() would cut spaces off.
const url = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[^\s\p{C}]+$/iu, 'must be an http or https URL')
  .refine((text) => URL.canParse(text), 'must be a URL')
  .meta({
    description: 'https, at a public address. Redirects are not followed',
    example: 'https://hooks.example.com/ttconnect',
  });
const events = z
  .array(z.enum(eventPatterns))
  .min(1)
  .max(50)
  .transform((given) => [...new Set(given)])
  .meta({ description: 'Types of events, `payment.*` for all of a kind, `*` for all', example: ['payment.*'] });

export const CreateWebhookEndpointBody = z.object({ url, events, active: z.boolean().optional() }).meta({
  id: 'CreateWebhookEndpointBody',
  example: { url: 'https://hooks.example.com/ttconnect', events: ['payment.*', 'membership.created'] },
});

export const UpdateWebhookEndpointBody = z
  .object({ url: url.optional(), events: events.optional(), active: z.boolean().optional() })
  .meta({ id: 'UpdateWebhookEndpointBody', example: { events: ['*'], active: true } });

export const RecoverWebhookDeliveriesBody = z
  .object({ since: InstantInput })
  .meta({ id: 'RecoverWebhookDeliveriesBody', example: { since: '2026-11-22T00:00:00.000Z' } });

export const WebhookEndpointParams = z.object({ endpointId: IdParam });
export const WebhookDeliveryParams = z.object({ deliveryId: IdParam });
export const WebhookDeliveriesQuery = PageQuery.extend({
  status: z.enum(deliveryStatuses).optional().meta({ description: 'Only those with this status' }),
});

const exampleEndpoint = {
  id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  url: 'https://hooks.example.com/ttconnect',
  events: ['payment.*', 'membership.created'],
  active: true,
  failingSince: null,
  disabledAt: null,
  disabledReason: null,
  previousSecretUntil: null,
  createdAt: '2026-11-23T14:15:16.123Z',
  updatedAt: '2026-11-23T14:15:16.123Z',
};

export const WebhookEndpoint = z
  .object({
    id: Id,
    tenantId: Id,
    url: z.string(),
    events: z.array(z.string()),
    active: z.boolean(),
    failingSince: Timestamp.nullable().meta({ description: 'The first failure after the last success' }),
    disabledAt: Timestamp.nullable().meta({ description: 'When the service gave up; `active: true` starts it again' }),
    disabledReason: z
      .enum(disabledReasons)
      .nullable()
      .meta({ description: '`failing`: no success for five days; `gone`: it answered 410' }),
    previousSecretUntil: Timestamp.nullable().meta({ description: 'Until then the secret before signs too' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'WebhookEndpoint', example: exampleEndpoint });
export type WebhookEndpoint = z.output<typeof WebhookEndpoint>;

export const NewWebhookEndpoint = z
  .object({
    endpoint: WebhookEndpoint,
    secret: z.string().meta({ description: 'What the messages are signed with: shown this once' }),
  })
  .meta({
    id: 'NewWebhookEndpoint',
    example: { endpoint: exampleEndpoint, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=' },
  });
export type NewWebhookEndpoint = z.output<typeof NewWebhookEndpoint>;

const exampleAttempt = {
  at: '2026-11-23T14:15:16.623Z',
  statusCode: 500,
  durationMs: 87,
  error: 'status',
  response: 'no space left',
};

export const WebhookAttempt = z
  .object({
    at: Timestamp,
    statusCode: z.int().nullable(),
    durationMs: z.int(),
    error: z
      .enum(deliveryErrors)
      .nullable()
      .meta({ description: 'null for a success; `status` for an answer that is not 2xx' }),
    response: z.string().nullable().meta({ description: 'The first KiB of the answer' }),
  })
  .meta({ id: 'WebhookAttempt', example: exampleAttempt });
export type WebhookAttempt = z.output<typeof WebhookAttempt>;

export const WebhookDelivery = z
  .object({
    id: Id,
    endpointId: Id,
    eventId: Id.meta({ description: 'The `webhook-id` of every attempt' }),
    eventType: z.string(),
    status: z
      .enum(deliveryStatuses)
      .meta({ description: '`canceled`: the endpoint was disabled before it could be told' }),
    nextAttemptAt: Timestamp.nullable(),
    redeliveryOf: Id.nullable().meta({ description: 'The delivery that this one repeats' }),
    createdAt: Timestamp,
    finishedAt: Timestamp.nullable(),
    attempts: z.array(WebhookAttempt),
  })
  .meta({
    id: 'WebhookDelivery',
    example: {
      id: '019ab3c4-7000-7b02-8c3d-4e5f60718293',
      endpointId: exampleEndpoint.id,
      eventId: '019ab3c4-7111-7b02-8c3d-4e5f60718293',
      eventType: 'payment.succeeded',
      status: 'pending',
      nextAttemptAt: '2026-11-23T14:15:21.841Z',
      redeliveryOf: null,
      createdAt: '2026-11-23T14:15:16.123Z',
      finishedAt: null,
      attempts: [exampleAttempt],
    },
  });
export type WebhookDelivery = z.output<typeof WebhookDelivery>;

export const WebhookRecovery = z
  .object({
    queued: z.int().meta({ description: 'Events that are sent again' }),
    hasMore: z.boolean().meta({ description: 'true: ask again for the rest' }),
  })
  .meta({ id: 'WebhookRecovery', example: { queued: 12, hasMore: false } });
export type WebhookRecovery = z.output<typeof WebhookRecovery>;
