import { deleteEmailTokens, type EmailTokenRow, findEmailToken } from '#db/queries/email-tokens.ts';
import { updateSessionsRevoked } from '#db/queries/sessions.ts';
import { findUser, updateUser } from '#db/queries/users.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, TOKEN_EXPIRED, UNAUTHORIZED } from '../lib/errors.ts';
import { hashToken } from '../lib/secrets.ts';
import { choosePassword } from './choose-password.ts';

type Input = { token: string; password: string };

/** Sets a new password with a mailed token, once, and ends every session of the account. */
export async function resetPassword(ctx: Ctx, { token, password }: Input): Promise<{ endedSessions: number }> {
  const now = ctx.clock.now();
  const tokenHash = hashToken(token);
  const row = await findEmailToken(ctx.db, { tokenHash, purpose: 'reset_password' });
  if (!row) throw new AppError(UNAUTHORIZED);
  if (row.expiresAt <= now) throw new AppError(TOKEN_EXPIRED);
  const passwordHash = await choosePassword(ctx, { password, email: row.email, field: 'password' });
  return withTx(ctx, async (tx) => {
    const { userId } = row;
    await requireUnspent({ ctx: { db: tx }, row });
    const user = await findUser(tx, userId);
    if (user?.email !== row.email) throw new AppError(UNAUTHORIZED);
    // Who has the token has the mailbox.
    const emailVerifiedAt = user.emailVerifiedAt ?? now;
    await updateUser(tx, { id: userId, change: { passwordHash, emailVerifiedAt }, now });
    return { endedSessions: await updateSessionsRevoked(tx, { userId, now }) };
  });
}

async function requireUnspent({ ctx, row }: { ctx: Pick<Ctx, 'db'>; row: EmailTokenRow }): Promise<void> {
  const spent = await deleteEmailTokens(ctx.db, { userId: row.userId, purpose: row.purpose });
  if (!spent.includes(row.tokenHash)) throw new AppError(UNAUTHORIZED);
}
