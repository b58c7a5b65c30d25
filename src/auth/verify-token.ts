import type { Ctx, UserActor } from '../context.ts';

/** Authentication has happened by now: this only says whom it found. */
export function verifyToken(ctx: Ctx<UserActor>) {
  const { userId, sessionId, tokenExpiresAt } = ctx.actor;
  return { valid: true as const, principal: { type: 'user' as const, userId, sessionId }, expiresAt: tokenExpiresAt };
}
