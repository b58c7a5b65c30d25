import type { Db } from '#db/client.ts';
import { insertRefreshToken } from '#db/queries/refresh-tokens.ts';
import { insertSession } from '#db/queries/sessions.ts';
import type { Ctx } from '../context.ts';
import { newId } from '../lib/ids.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { hashToken, newToken } from '../lib/secrets.ts';
import { addSeconds, earlier } from '../lib/time.ts';

export type IssuedTokens = { accessToken: string; refreshToken: string; tokenType: 'Bearer'; expiresIn: number };

/** Opens a session on this device with its first pair of tokens. Runs in the caller's transaction. */
export async function startSession(
  ctx: Ctx,
  { db, userId, now }: { db: Db; userId: string; now: Date },
): Promise<IssuedTokens> {
  const sessionId = newId();
  const expiresAt = addSeconds(now, LIFETIMES.session);
  const { userAgent, ipAddress } = ctx;
  await insertSession(db, { id: sessionId, userId, userAgent, ipAddress, now, expiresAt });
  return issueTokens(ctx, { db, userId, sessionId, parentId: null, sessionExpiresAt: expiresAt, now });
}

type IssueInput = {
  db: Db;
  userId: string;
  sessionId: string;
  parentId: string | null;
  sessionExpiresAt: Date;
  now: Date;
};

/** The next pair of a session. Only the hash of the refresh token is kept. */
export async function issueTokens(ctx: Ctx, input: IssueInput): Promise<IssuedTokens> {
  const { db, userId, sessionId, parentId, sessionExpiresAt, now } = input;
  const refreshToken = newToken('ttr_');
  await insertRefreshToken(db, {
    id: newId(),
    sessionId,
    parentId,
    tokenHash: hashToken(refreshToken),
    now,
    expiresAt: earlier(addSeconds(now, LIFETIMES.refreshToken), sessionExpiresAt),
  });
  const accessToken = ctx.signAccessToken({ userId, sessionId, issuedAt: now });
  return { accessToken, refreshToken, tokenType: 'Bearer', expiresIn: LIFETIMES.accessToken };
}
