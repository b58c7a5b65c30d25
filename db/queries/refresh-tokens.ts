import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { refreshTokens, sessions } from '../schema/users.ts';

const insertion = prepared((db) =>
  db
    .insert(refreshTokens)
    .values({
      id: sql.placeholder('id'),
      sessionId: sql.placeholder('sessionId'),
      parentId: sql.placeholder('parentId'),
      tokenHash: sql.placeholder('tokenHash'),
      createdAt: sql.placeholder('now'),
      expiresAt: sql.placeholder('expiresAt'),
    })
    .prepare('insert_refresh_token'),
);

export type NewRefreshToken = {
  id: string;
  sessionId: string;
  parentId: string | null;
  tokenHash: string;
  now: Date;
  expiresAt: Date;
};

export async function insertRefreshToken(db: Db, token: NewRefreshToken): Promise<void> {
  await insertion(db).execute(token);
}

/** The token with its family, by its unique hash. */
export async function findRefreshToken(db: Db, tokenHash: string) {
  const rows = await db
    .select({
      id: refreshTokens.id,
      sessionId: refreshTokens.sessionId,
      expiresAt: refreshTokens.expiresAt,
      replacedAt: refreshTokens.replacedAt,
      userId: sessions.userId,
      sessionExpiresAt: sessions.expiresAt,
      sessionRevokedAt: sessions.revokedAt,
    })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .where(eq(refreshTokens.tokenHash, tokenHash));
  return rows[0];
}

/** Spends the token; false when another call did so first. One conditional write settles parallel refreshes. */
export async function updateRefreshTokenReplaced(db: Db, { id, now }: { id: string; now: Date }): Promise<boolean> {
  const rows = await db
    .update(refreshTokens)
    .set({ replacedAt: now })
    .where(and(eq(refreshTokens.id, id), isNull(refreshTokens.replacedAt)))
    .returning({ id: refreshTokens.id });
  return rows.length === 1;
}
