import { type UserChange, updateUser } from '#db/queries/users.ts';
import type { Me } from '#schemas/auth.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, UNAUTHORIZED } from '../lib/errors.ts';
import { presentMe } from './get-me.ts';

type Input = Pick<UserChange, 'name' | 'timezone' | 'locale'>;

export async function updateMe(ctx: Ctx<UserActor>, { name, timezone, locale }: Input): Promise<Me> {
  const change = { name, timezone, locale };
  const user = await updateUser(ctx.db, { id: ctx.actor.userId, change, now: ctx.clock.now() });
  if (!user) throw new AppError(UNAUTHORIZED);
  return presentMe(ctx, user);
}
