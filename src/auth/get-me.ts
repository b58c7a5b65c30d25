import { findUser, type UserRow } from '#db/queries/users.ts';
import type { Me } from '#schemas/auth.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, UNAUTHORIZED } from '../lib/errors.ts';
import { listBelongings, showUser } from './show-user.ts';

export async function getMe(ctx: Ctx<UserActor>): Promise<Me> {
  const user = await findUser(ctx.db, ctx.actor.userId);
  if (!user) throw new AppError(UNAUTHORIZED);
  return presentMe(ctx, user);
}

export async function presentMe(ctx: Ctx, user: UserRow): Promise<Me> {
  const belongings = await listBelongings(ctx.db, user.id);
  const { avatarKey, timezone, locale, createdAt } = user;
  return { ...showUser(ctx, user, belongings), avatarKey, timezone, locale, createdAt };
}
