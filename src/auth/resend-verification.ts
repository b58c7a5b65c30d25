import { findUser } from '#db/queries/users.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { EMAIL_VERIFIED, NO_EMAIL } from './errors.ts';

/** Mails another token to the user's address; at most one mail a minute. */
export async function resendVerification(ctx: Ctx<UserActor>): Promise<{ accepted: true }> {
  const { userId } = ctx.actor;
  const user = await findUser(ctx.db, userId);
  if (!user?.email) throw new AppError(NO_EMAIL);
  if (user.emailVerifiedAt) throw new AppError(EMAIL_VERIFIED);
  const once = `verify ${userId}`;
  await withTx(ctx, (tx) => ctx.deps.jobs.enqueue(tx, 'mail', { kind: 'verify_email', userId }, { once }));
  return { accepted: true };
}
