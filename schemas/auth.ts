import { z } from 'zod';
import { apiKeyScopes } from './api-keys.ts';
import { emailAddress, Id, IdParam, Locale, Timestamp, Timezone, text } from './common.ts';
import { FileKey } from './storage.ts';
import { tenantRoles } from './team.ts';

export const platformRoles = ['user', 'admin'] as const;

export const password = z
  .string()
  .refine((word) => word.isWellFormed() && !word.includes('\u0000'), 'must be well-formed Unicode without NUL')
  .refine((word) => [...word].length >= 8 && [...word].length <= 128, 'must have 8 to 128 characters')
  .meta({ description: '8 to 128 characters; common passwords are refused', example: 'quiet-harbour-41' });

// Any text is a legal guess at login: refusing one by its shape would tell which passwords cannot be right.
export const passwordGuess = z.string().max(1024).meta({ example: 'quiet-harbour-41' });

export const RegisterBody = z
  .object({
    email: emailAddress,
    password,
    name: text(120).optional(),
    tenantId: IdParam.optional().meta({ description: 'The brand at which the person signs up; kept with the account' }),
    referralCode: text(64).optional().meta({ description: 'Kept with the account, for the referral programme' }),
  })
  .meta({ id: 'RegisterBody', example: { email: 'ada@example.com', password: 'quiet-harbour-41', name: 'Ada' } });

export const LogInBody = z
  .object({ email: emailAddress, password: passwordGuess })
  .meta({ id: 'LogInBody', example: { email: 'ada@example.com', password: 'quiet-harbour-41' } });

export const RefreshBody = z
  .object({ refreshToken: z.string().min(1).max(200) })
  .meta({ id: 'RefreshBody', example: { refreshToken: 'ttr_mYd3…' } });

export const LogOutBody = z
  .object({ all: z.boolean().optional().meta({ description: 'End every session of the user, not only this one' }) })
  .nullish()
  .meta({ example: { all: false } });

export const UpdateMeBody = z
  .object({
    name: text(120).nullable().optional(),
    timezone: Timezone.nullable().optional(),
    locale: Locale.nullable().optional(),
    avatarKey: FileKey.nullable().optional().meta({ description: 'A public file of mine, of the purpose `avatar`' }),
  })
  .meta({ id: 'UpdateMeBody', example: { name: 'Ada Lovelace', timezone: 'Europe/London', locale: 'en-GB' } });

export const SessionParams = z.object({ sessionId: IdParam });

const exampleUser = {
  id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
  email: 'ada@example.com',
  name: 'Ada',
  avatarUrl: null,
  emailVerified: true,
  wallets: [],
  platformRole: 'user',
  tenants: [{ tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293', role: 'owner' }],
};

export const User = z
  .object({
    id: Id,
    email: z.string().nullable(),
    name: z.string().nullable(),
    avatarUrl: z.string().nullable(),
    emailVerified: z.boolean(),
    wallets: z.array(z.string()),
    platformRole: z.enum(platformRoles),
    tenants: z.array(z.object({ tenantId: Id, role: z.enum(tenantRoles) })),
  })
  .meta({ id: 'User', example: exampleUser });

export type User = z.output<typeof User>;

export const Me = User.extend({
  avatarKey: z.string().nullable(),
  timezone: z.string().nullable(),
  locale: z.string().nullable(),
  createdAt: Timestamp,
}).meta({
  id: 'Me',
  example: {
    ...exampleUser,
    avatarKey: null,
    timezone: 'Europe/London',
    locale: 'en-GB',
    createdAt: '2026-11-23T14:15:16.123Z',
  },
});
export type Me = z.output<typeof Me>;

export const Session = z
  .object({
    accessToken: z.string().meta({ description: 'JWT (EdDSA); send it as `Authorization: Bearer …`' }),
    refreshToken: z.string().meta({ description: 'Opaque; replaced at each use' }),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().meta({ description: 'Seconds until the access token expires', example: 900 }),
    user: User,
  })
  .meta({
    id: 'Session',
    example: {
      accessToken: 'eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTlhYjNjNCJ9.c2lnbmF0dXJl',
      refreshToken: 'ttr_mYd3S5Qk1o0b7Z2c9n4u8w6x1v3t5r7p9l0j2h4g6f8',
      tokenType: 'Bearer',
      expiresIn: 900,
      user: exampleUser,
    },
  });
export type Session = z.output<typeof Session>;

const Principal = z.discriminatedUnion('type', [
  z.object({ type: z.literal('user'), userId: Id, sessionId: Id }),
  z.object({ type: z.literal('apiKey'), apiKeyId: Id, tenantId: Id, scopes: z.array(z.enum(apiKeyScopes)) }),
]);

export const Verification = z
  .object({
    valid: z.literal(true),
    principal: Principal,
    expiresAt: Timestamp.nullable().meta({ description: 'null for an API key without end' }),
  })
  .meta({
    id: 'Verification',
    example: {
      valid: true,
      principal: {
        type: 'user',
        userId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
        sessionId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
      },
      expiresAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type Verification = z.output<typeof Verification>;

export const SessionInfo = z
  .object({
    id: Id,
    current: z.boolean().meta({ description: 'True for the session of this very call' }),
    userAgent: z.string().nullable(),
    ipAddress: z.string().nullable(),
    createdAt: Timestamp,
    lastUsedAt: Timestamp.meta({ description: 'The last sign-in or refresh' }),
    expiresAt: Timestamp,
  })
  .meta({
    id: 'SessionInfo',
    example: {
      id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
      current: true,
      userAgent: 'Mozilla/5.0',
      ipAddress: '203.0.113.7',
      createdAt: '2026-11-23T14:15:16.123Z',
      lastUsedAt: '2026-11-23T14:15:16.123Z',
      expiresAt: '2027-05-22T14:15:16.123Z',
    },
  });
export type SessionInfo = z.output<typeof SessionInfo>;

export const SessionsEnded = z
  .object({ endedSessions: z.int() })
  .meta({ id: 'SessionsEnded', example: { endedSessions: 1 } });
