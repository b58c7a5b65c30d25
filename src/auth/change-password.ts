import { deleteEmailTokens } from '#db/queries/email-tokens.ts';
import { updateSessionsRevoked } from '#db/queries/sessions.ts';
import { findUser, updateUser } from '#db/queries/users.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { choosePassword } from './choose-password.ts';
import { INVALID_CREDENTIALS, NO_PASSWORD } from './errors.ts';
import { type LoginTurn, throttleLogin } from './throttle-login.ts';

type Input = { currentPassword: string; newPassword: string };

/** Replaces the password, and ends the user's other sessions. Wrong guesses are slowed down as at sign-in. */
export async function changePassword(
  ctx: Ctx<UserActor>,
  { currentPassword, newPassword }: Input,
): Promise<{ endedSessions: number }> {
  const now = ctx.clock.now();
  const { userId, sessionId } = ctx.actor;
  const user = await findUser(ctx.db, userId);
  if (!user?.email || user.passwordHash === null) throw new AppError(NO_PASSWORD);
  const { email, passwordHash: fromHash } = user;

  const turn = await throttleLogin(ctx, { email, now });
  await tryCurrent(ctx, { hash: fromHash, currentPassword, turn }).finally(turn.done);
  const passwordHash = await choosePassword(ctx, { password: newPassword, email, field: 'newPassword' });
  return withTx(ctx, async (tx) => {
    const changed = await updateUser(tx, { id: userId, change: { passwordHash }, now, fromHash });
    if (!changed) throw new AppError(INVALID_CREDENTIALS);
    await deleteEmailTokens(tx, { userId, purpose: 'reset_password' });
    return { endedSessions: await updateSessionsRevoked(tx, { userId, exceptId: sessionId, now }) };
  });
}

type Try = { hash: string; currentPassword: string; turn: LoginTurn };

async function tryCurrent(ctx: Ctx, { hash, currentPassword, turn }: Try): Promise<void> {
  if (await ctx.deps.passwords.verify(hash, currentPassword)) return turn.succeeded();
  await turn.failed();
  throw new AppError(INVALID_CREDENTIALS);
}
