import { index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { platformRoles } from '#schemas/auth.ts';
import { choice, id, instant, oneOf } from './columns.ts';

/** People. Global: one account may belong to many tenants. */
export const users = pgTable(
  'users',
  {
    id: id().primaryKey(),
    email: text(),
    passwordHash: text(),
    name: text(),
    emailVerifiedAt: instant(),
    platformRole: choice(platformRoles).notNull().default('user'),
    timezone: text(),
    locale: text(),
    avatarKey: text(),
    signupTenantId: id(),
    signupReferralCode: text(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [
    uniqueIndex('users_email_key').on(table.email),
    oneOf('users_platform_role_check', table.platformRole, platformRoles),
  ],
);

/** A sign-in on one device: the family of its refresh tokens. */
export const sessions = pgTable(
  'sessions',
  {
    id: id().primaryKey(),
    userId: id()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    userAgent: text(),
    ipAddress: text(),
    createdAt: instant().notNull(),
    lastUsedAt: instant().notNull(),
    expiresAt: instant().notNull(),
    revokedAt: instant(),
  },
  (table) => [
    index('sessions_user_id_idx').on(table.userId, table.createdAt),
    index('sessions_expires_at_idx').on(table.expiresAt),
  ],
);

/** Every refresh token ever given, by hash, with the one it replaced. */
export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    id: id().primaryKey(),
    sessionId: id()
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    parentId: id(),
    tokenHash: text().notNull(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
    replacedAt: instant(),
  },
  (table) => [
    uniqueIndex('refresh_tokens_token_hash_key').on(table.tokenHash),
    index('refresh_tokens_session_id_idx').on(table.sessionId),
    index('refresh_tokens_expires_at_idx').on(table.expiresAt),
  ],
);
