import type { Ctx, UserActor } from '../context.ts';

/** The context of a route whose access is a signed-in user: authentication has set the actor. */
export function userCtx(ctx: Ctx): Ctx<UserActor> {
  if (ctx.actor.type !== 'user') throw new Error('the route does not require a user');
  return ctx as Ctx<UserActor>;
}
