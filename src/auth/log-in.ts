import { findUserByEmail, findUserForShare, updateUser } from '#db/queries/users.ts';
import type { Session } from '#schemas/auth.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { INVALID_CREDENTIALS } from './errors.ts';
import { listBelongings, showUser } from './show-user.ts';
import { startSession } from './start-session.ts';
import { type LoginTurn, throttleLogin } from './throttle-login.ts';

/** Signs in with e-mail and password. Unknown e-mail and wrong password are one answer after the same work. */
export async function logIn(ctx: Ctx, input: { email: string; password: string }): Promise<Session> {
  const now = ctx.clock.now();
  const { passwords } = ctx.deps;
  const turn = await throttleLogin(ctx, { email: input.email, now });
  const user = await tryPassword(ctx, { ...input, turn }).finally(turn.done);
  if (passwords.needsRehash(user.passwordHash)) {
    const passwordHash = await passwords.hash(input.password);
    const changed = await updateUser(ctx.db, {
      id: user.id,
      change: { passwordHash },
      now,
      fromHash: user.passwordHash,
    });
    if (changed) user.passwordHash = passwordHash;
  }
  const tokens = await withTx(ctx, async (tx) => {
    // A password that was replaced while this one was being checked opens no session that outlives the change.
    const current = await findUserForShare(tx, user.id);
    if (current?.passwordHash !== user.passwordHash) throw new AppError(INVALID_CREDENTIALS);
    return startSession(ctx, { db: tx, userId: user.id, now });
  });
  return { ...tokens, user: showUser(ctx, user, await listBelongings(ctx.db, user.id)) };
}

async function tryPassword(ctx: Ctx, { email, password, turn }: { email: string; password: string; turn: LoginTurn }) {
  const user = await findUserByEmail(ctx.db, email);
  const passwordHash = user?.passwordHash ?? null;
  const matches = await ctx.deps.passwords.verify(passwordHash, password);
  if (!user || passwordHash === null || !matches) {
    await turn.failed();
    throw new AppError(INVALID_CREDENTIALS);
  }
  await turn.succeeded();
  return { ...user, passwordHash };
}
