import { findRefreshToken, updateRefreshTokenReplaced } from '#db/queries/refresh-tokens.ts';
import { updateSessionsRevoked, updateSessionUse } from '#db/queries/sessions.ts';
import { findUser } from '#db/queries/users.ts';
import type { Session } from '#schemas/auth.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, type Refusal, TOKEN_EXPIRED, UNAUTHORIZED } from '../lib/errors.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { hashToken } from '../lib/secrets.ts';
import { REFRESH_TOKEN_REUSED } from './errors.ts';
import { decideRefresh, type RefreshDecision } from './rules.ts';
import { listBelongings, showUser } from './show-user.ts';
import { type IssuedTokens, issueTokens } from './start-session.ts';

const REFUSALS: Record<Exclude<RefreshDecision, 'rotate' | 'grace'>, Refusal> = {
  reused: REFRESH_TOKEN_REUSED,
  ended: UNAUTHORIZED,
  expired: TOKEN_EXPIRED,
};

type Outcome = { tokens: IssuedTokens; userId: string } | { refusal: Refusal };

/** Trades a refresh token for a new pair; a token spent longer ago than the grace ends its whole family. */
export async function refreshSession(ctx: Ctx, { refreshToken }: { refreshToken: string }): Promise<Session> {
  const now = ctx.clock.now();
  const outcome = await withTx(ctx, async (tx): Promise<Outcome> => {
    const tokenHash = hashToken(refreshToken);
    const token = await findRefreshToken(tx, tokenHash);
    if (!token) return { refusal: UNAUTHORIZED };

    let decision = decideRefresh(token, now, LIFETIMES.refreshGrace);
    // Lost against a parallel refresh: read again what that one left, and decide on it.
    if (decision === 'rotate' && !(await updateRefreshTokenReplaced(tx, { id: token.id, now }))) {
      const spent = await findRefreshToken(tx, tokenHash);
      decision = spent ? decideRefresh(spent, now, LIFETIMES.refreshGrace) : 'ended';
    }
    const { sessionId, userId, sessionExpiresAt } = token;
    if (decision === 'reused') await updateSessionsRevoked(tx, { userId, id: sessionId, now });
    if (decision !== 'rotate' && decision !== 'grace') return { refusal: REFUSALS[decision] };
    await updateSessionUse(tx, { id: sessionId, now });
    const tokens = await issueTokens(ctx, { db: tx, userId, sessionId, parentId: token.id, sessionExpiresAt, now });
    return { tokens, userId };
  });
  if ('refusal' in outcome) throw new AppError(outcome.refusal);

  const [user, belongings] = await Promise.all([
    findUser(ctx.db, outcome.userId),
    listBelongings(ctx.db, outcome.userId),
  ]);
  if (!user) throw new AppError(UNAUTHORIZED);
  return { ...outcome.tokens, user: showUser(ctx, user, belongings) };
}
