import { and, eq } from 'drizzle-orm';
import type { EmailTokenPurpose } from '#schemas/credentials.ts';
import type { Db } from '../client.ts';
import { emailTokens } from '../schema/credentials.ts';

export type EmailTokenRow = typeof emailTokens.$inferSelect;

export async function insertEmailToken(db: Db, token: EmailTokenRow): Promise<void> {
  await db.insert(emailTokens).values(token);
}

const is = ({ tokenHash, purpose }: { tokenHash: string; purpose: EmailTokenPurpose }) =>
  and(eq(emailTokens.tokenHash, tokenHash), eq(emailTokens.purpose, purpose));

/** By its unique hash, and only for what it was mailed for. */
export async function findEmailToken(
  db: Db,
  token: { tokenHash: string; purpose: EmailTokenPurpose },
): Promise<EmailTokenRow | undefined> {
  return (await db.select().from(emailTokens).where(is(token)))[0];
}

export async function deleteEmailToken(db: Db, id: string): Promise<void> {
  await db.delete(emailTokens).where(eq(emailTokens.id, id));
}

/** Spends every token of the purpose that the user has; of two callers at once, one finds its own among them. */
export async function deleteEmailTokens(
  db: Db,
  { userId, purpose }: { userId: string; purpose: EmailTokenPurpose },
): Promise<string[]> {
  const rows = await db
    .delete(emailTokens)
    .where(and(eq(emailTokens.userId, userId), eq(emailTokens.purpose, purpose)))
    .returning({ tokenHash: emailTokens.tokenHash });
  return rows.map(({ tokenHash }) => tokenHash);
}
