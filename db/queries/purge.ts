import { inArray, lt } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { emailTokens, walletNonces } from '../schema/credentials.ts';
import { idempotentAnswers } from '../schema/idempotency.ts';
import { loginThrottles } from '../schema/login-throttles.ts';
import { refreshTokens, sessions } from '../schema/users.ts';

// Each on the index over its column of time.
const EXPIRING = {
  login_throttles: { table: loginThrottles, key: loginThrottles.key, at: loginThrottles.lastFailedAt },
  refresh_tokens: { table: refreshTokens, key: refreshTokens.id, at: refreshTokens.expiresAt },
  sessions: { table: sessions, key: sessions.id, at: sessions.expiresAt },
  email_tokens: { table: emailTokens, key: emailTokens.id, at: emailTokens.expiresAt },
  wallet_nonces: { table: walletNonces, key: walletNonces.nonce, at: walletNonces.expiresAt },
  idempotent_answers: { table: idempotentAnswers, key: idempotentAnswers.id, at: idempotentAnswers.expiresAt },
} as const;

export type Expiring = keyof typeof EXPIRING;

/** Deletes at most `limit` rows that ended before the instant; says how many. */
export async function deleteExpired(
  db: Db,
  { table: name, before, limit }: { table: Expiring; before: Date; limit: number },
): Promise<number> {
  const { table, key, at } = EXPIRING[name];
  const old = db.select({ key }).from(table).where(lt(at, before)).limit(limit);
  const rows = await db.delete(table).where(inArray(key, old)).returning({ key });
  return rows.length;
}
