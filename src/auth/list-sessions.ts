import { listSessions as listLiveSessions } from '#db/queries/sessions.ts';
import type { SessionInfo } from '#schemas/auth.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx, UserActor } from '../context.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';

type Input = { limit: number; cursor?: string | undefined };

/** The user's live sessions, oldest first. */
export async function listSessions(ctx: Ctx<UserActor>, { limit, cursor }: Input): Promise<Page<SessionInfo>> {
  const { userId, sessionId } = ctx.actor;
  const key = ctx.deps.cursorKey;
  const list = `sessions|${userId}`;
  const page = pageRequest(key, list, { limit, cursor });
  const rows = await listLiveSessions(ctx.db, { userId, now: ctx.clock.now(), page });
  const present = ({ id, userAgent, ipAddress, createdAt, lastUsedAt, expiresAt }: (typeof rows)[number]) => ({
    id,
    current: id === sessionId,
    userAgent,
    ipAddress,
    createdAt,
    lastUsedAt,
    expiresAt,
  });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present });
}
