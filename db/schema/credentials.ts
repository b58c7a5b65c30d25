import { index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { emailTokenPurposes } from '#schemas/credentials.ts';
import { choice, id, instant, oneOf } from './columns.ts';
import { users } from './users.ts';

/** Tokens that were mailed, by hash: deleted when they are used. `email` is where the mail went. */
export const emailTokens = pgTable(
  'email_tokens',
  {
    id: id().primaryKey(),
    userId: id()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    purpose: choice(emailTokenPurposes).notNull(),
    email: text().notNull(),
    tokenHash: text().notNull(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
  },
  (table) => [
    uniqueIndex('email_tokens_token_hash_key').on(table.tokenHash),
    index('email_tokens_user_id_idx').on(table.userId),
    index('email_tokens_expires_at_idx').on(table.expiresAt),
    oneOf('email_tokens_purpose_check', table.purpose, emailTokenPurposes),
  ],
);

/** Addresses that may sign in, in the checksummed spelling (EIP-55). One wallet belongs to one account. */
export const wallets = pgTable(
  'wallets',
  {
    address: text().primaryKey(),
    userId: id()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    linkedAt: instant().notNull(),
  },
  (table) => [index('wallets_user_id_idx').on(table.userId, table.linkedAt)],
);

/** Nonces given out for EIP-4361 messages, deleted when one is used. With a user they link, without they sign in. */
/** Who has ever had a wallet, also since it was unlinked: one person with two accounts is known by it. */
export const knownWallets = pgTable(
  'known_wallets',
  {
    address: text().notNull(),
    userId: id()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    firstLinkedAt: instant().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.address] })],
);

export const walletNonces = pgTable(
  'wallet_nonces',
  {
    nonce: text().primaryKey(),
    userId: id().references(() => users.id, { onDelete: 'cascade' }),
    domain: text().notNull(),
    uri: text().notNull(),
    chainId: integer().notNull(),
    expiresAt: instant().notNull(),
  },
  (table) => [
    index('wallet_nonces_user_id_idx').on(table.userId),
    index('wallet_nonces_expires_at_idx').on(table.expiresAt),
  ],
);
