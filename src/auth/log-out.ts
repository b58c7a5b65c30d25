import { updateSessionsRevoked } from '#db/queries/sessions.ts';
import type { Ctx, UserActor } from '../context.ts';

/** Ends this session, or every session of the user. Access tokens of an ended session stop working at once. */
export async function logOut(ctx: Ctx<UserActor>, { all }: { all: boolean }): Promise<{ endedSessions: number }> {
  const { userId, sessionId } = ctx.actor;
  const endedSessions = await updateSessionsRevoked(ctx.db, {
    userId,
    now: ctx.clock.now(),
    ...(!all && { id: sessionId }),
  });
  return { endedSessions };
}
