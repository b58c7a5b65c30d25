import type { Db } from '#db/client.ts';
import { deleteEmailTokens, type EmailTokenRow, findEmailToken } from '#db/queries/email-tokens.ts';
import { updateSessionsRevoked } from '#db/queries/sessions.ts';
import { findUser, updateUser } from '#db/queries/users.ts';
import { deleteWallets } from '#db/queries/wallets.ts';
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
    await spendTokens(tx, row);
    const user = await findUser(tx, userId);
    if (user?.email !== row.email) throw new AppError(UNAUTHORIZED);
    // Who has the token has the mailbox. Until now anybody may have registered it: what they linked goes.
    if (!user.emailVerifiedAt) await deleteWallets(tx, userId);
    const emailVerifiedAt = user.emailVerifiedAt ?? now;
    await updateUser(tx, { id: userId, change: { passwordHash, emailVerifiedAt }, now });
    return { endedSessions: await updateSessionsRevoked(tx, { userId, now }) };
  });
}

async function spendTokens(tx: Db, row: EmailTokenRow): Promise<void> {
  const spent = await deleteEmailTokens(tx, { userId: row.userId, purpose: row.purpose });
  if (!spent.includes(row.tokenHash)) throw new AppError(UNAUTHORIZED);
}
