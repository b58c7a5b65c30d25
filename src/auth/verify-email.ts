import { deleteEmailTokens, findEmailToken } from '#db/queries/email-tokens.ts';
import { findUserForShare, updateUser } from '#db/queries/users.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, TOKEN_EXPIRED, UNAUTHORIZED } from '../lib/errors.ts';
import { hashToken } from '../lib/secrets.ts';

/** Proves the address that the token was mailed to, if the account still has it. */
export async function verifyEmail(
  ctx: Ctx,
  { token }: { token: string },
): Promise<{ email: string; emailVerified: true }> {
  const now = ctx.clock.now();
  const tokenHash = hashToken(token);
  return withTx(ctx, async (tx) => {
    const row = await findEmailToken(tx, { tokenHash, purpose: 'verify_email' });
    if (!row) throw new AppError(UNAUTHORIZED);
    if (row.expiresAt <= now) throw new AppError(TOKEN_EXPIRED);
    const { userId, purpose, email } = row;
    const spent = await deleteEmailTokens(tx, { userId, purpose });
    const user = await findUserForShare(tx, userId);
    if (!spent.includes(tokenHash) || user?.email !== email) throw new AppError(UNAUTHORIZED);
    if (!user.emailVerifiedAt) await updateUser(tx, { id: userId, change: { emailVerifiedAt: now }, now });
    return { email, emailVerified: true as const };
  });
}
