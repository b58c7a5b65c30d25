import type { Verification } from '#schemas/auth.ts';
import type { Ctx } from '../context.ts';
import { AppError, UNAUTHORIZED } from '../lib/errors.ts';

/** Authentication has happened by now: this only says whom it found. */
export function verifyToken({ actor }: Ctx): Verification {
  if (actor.type === 'user') {
    const { userId, sessionId, tokenExpiresAt } = actor;
    return { valid: true, principal: { type: 'user', userId, sessionId }, expiresAt: tokenExpiresAt };
  }
  if (actor.type === 'apiKey') {
    const { apiKeyId, tenantId, scopes, expiresAt } = actor;
    return { valid: true, principal: { type: 'apiKey', apiKeyId, tenantId, scopes }, expiresAt };
  }
  throw new AppError(UNAUTHORIZED);
}
