import { listSessions as listLiveSessions } from '#db/queries/sessions.ts';
import type { Ctx, UserActor } from '../context.ts';

/** The user's live sessions, oldest first. */
export async function listSessions(ctx: Ctx<UserActor>) {
  const { userId, sessionId } = ctx.actor;
  const rows = await listLiveSessions(ctx.db, { userId, now: ctx.clock.now() });
  return rows.map((row) => ({
    id: row.id,
    current: row.id === sessionId,
    userAgent: row.userAgent,
    ipAddress: row.ipAddress,
    createdAt: row.createdAt,
    lastUsedAt: row.lastUsedAt,
    expiresAt: row.expiresAt,
  }));
}
