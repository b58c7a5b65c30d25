import { findUserByEmail, updateUser } from '#db/queries/users.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';

/** Takes the platform role away: at once, because it is read at each call. */
export async function endPlatformAdmin(ctx: Pick<Ctx, 'db' | 'clock'>, { email }: { email: string }) {
  const user = await findUserByEmail(ctx.db, email);
  if (!user) throw new AppError(NOT_FOUND);
  await updateUser(ctx.db, { id: user.id, change: { platformRole: 'user' }, now: ctx.clock.now() });
  return { userId: user.id };
}
