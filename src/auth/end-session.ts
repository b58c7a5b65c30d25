import { updateSessionsRevoked } from '#db/queries/sessions.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';

/** Ends one session of the user. Somebody else's is not there. */
export async function endSession(ctx: Ctx<UserActor>, { sessionId }: { sessionId: string }) {
  const ended = await updateSessionsRevoked(ctx.db, {
    userId: ctx.actor.userId,
    id: sessionId,
    now: ctx.clock.now(),
  });
  if (ended === 0) throw new AppError(NOT_FOUND);
  return { id: sessionId, deleted: true as const };
}
