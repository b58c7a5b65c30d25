import { z } from 'zod';
import { Id, IdParam, InstantInput, Timestamp, text } from './common.ts';
import { plans } from './plans.ts';

export const apiKeyScopes = ['read', 'write'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

/** What a verification can say of a key, to the people it belongs to. */
export const apiKeyCodes = [
  'VALID',
  'NOT_FOUND',
  'REVOKED',
  'DISABLED',
  'EXPIRED',
  'INSUFFICIENT_PERMISSIONS',
  'RATE_LIMITED',
  'USAGE_EXCEEDED',
] as const;
export type ApiKeyCode = (typeof apiKeyCodes)[number];

const name = text(120).meta({ description: 'For people: where the key is used', example: 'Till in Leith' });
const scopes = z
  .array(z.enum(apiKeyScopes))
  .min(1)
  .max(4)
  // Who may write may read: the stored list says so.
  .transform((given): ApiKeyScope[] => (given.includes('write') ? ['read', 'write'] : ['read']))
  .meta({ description: '`read` for GET, `write` for everything else; `write` includes `read`', example: ['read'] });
const future = InstantInput.nullish().meta({
  description: 'null for a key without end',
  example: '2027-11-23T00:00:00.000Z',
});

const limits = {
  allowedAddresses: z
    .array(z.string().max(64).refine(isNetwork, 'must be an address or a network (203.0.113.0/24)'))
    .max(50)
    .optional()
    .meta({ description: 'Where the key works from; empty: from everywhere', example: ['203.0.113.0/24'] }),
  requestsPerMinute: z
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .optional()
    .meta({ description: "A limit of the key's own, below that of the plan; null for none" }),
};

export const refillIntervals = ['day', 'month'] as const;
export type RefillInterval = (typeof refillIntervals)[number];

const MAX_CREDITS = 1_000_000_000;
const remaining = z.int().min(0).max(MAX_CREDITS).meta({
  description: 'Requests that are left. Each one that the key may make takes one, whatever its answer',
  example: 1000,
});
const refill = z
  .object({ amount: z.int().min(1).max(MAX_CREDITS), interval: z.enum(refillIntervals) })
  .nullable()
  .meta({
    description:
      'Sets `remaining` to `amount`, whatever is left of it: nothing is added or carried over. `day`: at each 00:00 UTC; `month`: at 00:00 UTC of each first of a month. null: used up is used up',
    example: { amount: 1000, interval: 'month' },
  });

export const CreateApiKeyBody = z
  .object({
    name,
    scopes,
    ...limits,
    credits: z
      .object({ remaining, refill: refill.optional() })
      .nullish()
      .meta({ description: 'A number of requests for this key alone; null for as many as the plan allows' }),
    tenantId: IdParam.optional().meta({ description: 'The brand that the key is for, else as X-Tenant-Id says' }),
    expiresAt: future,
  })
  .meta({
    id: 'CreateApiKeyBody',
    example: {
      name: 'Till in Leith',
      scopes: ['read', 'write'],
      credits: { remaining: 1000, refill: { amount: 1000, interval: 'month' } },
    },
  });

export const UpdateApiKeyBody = z
  .object({
    name: name.optional(),
    enabled: z.boolean().optional(),
    ...limits,
    credits: z.object({ remaining: remaining.optional(), refill: refill.optional() }).nullish().meta({
      description:
        'What is not given stays; a key that has no credits needs `remaining`. null: no credits of its own any more. A key that was rotated and the one that replaces it share their credits: a change of either is one of both, null of this key alone',
    }),
  })
  .meta({
    id: 'UpdateApiKeyBody',
    example: { name: 'Till in Leith, new', enabled: true, credits: { remaining: 5000 } },
  });

const MAX_OVERLAP = 30 * 86_400;
export const RotateApiKeyBody = z
  .object({
    overlapSeconds: z.int().min(0).max(MAX_OVERLAP).optional().meta({
      description: 'How long the old key still works; 0 ends it now. Never beyond its own expiry',
      default: 86_400,
    }),
  })
  .nullish()
  .meta({ example: { overlapSeconds: 3600 } });

export const VerifyApiKeyBody = z
  .object({ key: z.string().min(1).max(200), scope: z.enum(apiKeyScopes).optional() })
  .meta({ id: 'VerifyApiKeyBody', example: { key: 'ttx_0123456789abcdefghijABCDEFGHIJ2hC4kP', scope: 'write' } });

export const ApiKeyParams = z.object({ apiKeyId: IdParam });

const day = z.iso
  .date()
  .refine((text) => text >= '2000-01-01' && text <= '2999-12-31', 'must be from 2000 to 2999')
  .meta({ example: '2026-11-23' });
export const UsageQuery = z.object({
  from: day.optional().meta({ description: 'First day (UTC); 29 days before `to` if not given' }),
  to: day.optional().meta({ description: 'Last day (UTC); today if not given. At most 92 days' }),
});

export const exampleApiKey = {
  id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  name: 'Till in Leith',
  start: 'ttx_0123abcd',
  scopes: ['read', 'write'],
  plan: 'free',
  allowedAddresses: [],
  requestsPerMinute: null,
  credits: { remaining: 812, refill: { amount: 1000, interval: 'month' }, refillsAt: '2026-12-01T00:00:00.000Z' },
  enabled: true,
  expiresAt: null,
  lastUsedAt: '2026-11-23T14:15:16.123Z',
  createdAt: '2026-11-23T14:15:16.123Z',
  revokedAt: null,
};

export const ApiKeyCredits = z
  .object({ remaining, refill, refillsAt: Timestamp.nullable() })
  .meta({ id: 'ApiKeyCredits', example: exampleApiKey.credits });
export type ApiKeyCredits = z.output<typeof ApiKeyCredits>;

export const ApiKey = z
  .object({
    id: Id,
    tenantId: Id,
    name: z.string(),
    start: z.string().meta({ description: 'The first characters of the key, to recognise it' }),
    scopes: z.array(z.enum(apiKeyScopes)),
    plan: z.enum(plans).meta({ description: "The brand's plan, which decides the limits of its keys" }),
    allowedAddresses: z.array(z.string()),
    requestsPerMinute: z.int().nullable(),
    credits: ApiKeyCredits.nullable().meta({ description: 'null: as many requests as the plan allows' }),
    enabled: z.boolean(),
    expiresAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable().meta({ description: 'To about a minute' }),
    createdAt: Timestamp,
    revokedAt: Timestamp.nullable(),
  })
  .meta({ id: 'ApiKey', example: exampleApiKey });
export type ApiKey = z.output<typeof ApiKey>;

export const NewApiKey = z
  .object({ apiKey: ApiKey, key: z.string().meta({ description: 'The key itself: shown this once' }) })
  .meta({
    id: 'NewApiKey',
    example: { apiKey: { ...exampleApiKey, lastUsedAt: null }, key: 'ttx_0123abcdefghijklmnopqrstuvwxyzABCDEF' },
  });
export type NewApiKey = z.output<typeof NewApiKey>;

export const ApiKeyVerification = z
  .object({ valid: z.boolean(), code: z.enum(apiKeyCodes), apiKey: ApiKey.nullable() })
  .meta({ id: 'ApiKeyVerification', example: { valid: true, code: 'VALID', apiKey: exampleApiKey } });
export type ApiKeyVerification = z.output<typeof ApiKeyVerification>;

const counts = {
  requests: z.int().meta({ description: 'Requests of the key that no limit refused' }),
  failed: z.int().meta({ description: 'Those of them that were answered with a status of 400 or above' }),
};

export const ApiKeyUsage = z
  .object({
    apiKeyId: Id,
    from: day,
    to: day,
    ...counts,
    plan: z.enum(plans),
    quota: z
      .object({
        limit: z
          .int()
          .nullable()
          .meta({ description: 'Requests a month of all keys of the brand; null without limit' }),
        used: z.int(),
        remaining: z.int().nullable(),
        resetsAt: Timestamp,
      })
      .meta({ description: 'Of the current month (UTC)' }),
    credits: ApiKeyCredits.nullable().meta({ description: "The key's own, as they are now" }),
    days: z.array(z.object({ day, ...counts, operations: z.array(z.object({ operation: z.string(), ...counts })) })),
  })
  .meta({
    id: 'ApiKeyUsage',
    example: {
      apiKeyId: exampleApiKey.id,
      from: '2026-10-25',
      to: '2026-11-23',
      requests: 3,
      failed: 1,
      plan: 'free',
      quota: { limit: 100_000, used: 3, remaining: 99_997, resetsAt: '2026-12-01T00:00:00.000Z' },
      credits: exampleApiKey.credits,
      days: [
        {
          day: '2026-11-23',
          requests: 3,
          failed: 1,
          operations: [{ operation: 'createStore', requests: 3, failed: 1 }],
        },
      ],
    },
  });
export type ApiKeyUsage = z.output<typeof ApiKeyUsage>;

// An IPv4 or IPv6 address, alone or with the length of its prefix.
function isNetwork(text: string): boolean {
  return z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]).safeParse(text).success;
}
