import { findUserByEmail, insertUser, updateUser } from '#db/queries/users.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { newToken } from '../lib/secrets.ts';
import { EMAIL_UNPROVEN } from './errors.ts';

type Input = { email: string; name?: string | undefined };

/** Makes the person of this address a platform admin; somebody new gets a password, which only this answer shows. */
export async function makePlatformAdmin(
  ctx: Pick<Ctx, 'db' | 'clock' | 'deps'>,
  { email, name }: Input,
): Promise<{ userId: string; password: string | null }> {
  const now = ctx.clock.now();
  const known = await findUserByEmail(ctx.db, email);
  if (known) {
    // Anybody may have registered the address: only its owner can prove it.
    if (!known.emailVerifiedAt) throw new AppError(EMAIL_UNPROVEN);
    await updateUser(ctx.db, { id: known.id, change: { platformRole: 'admin' }, now });
    return { userId: known.id, password: null };
  }
  const password = newToken('');
  const passwordHash = await ctx.deps.passwords.hash(password);
  const user = { id: newId(), email, name: name ?? null, passwordHash, platformRole: 'admin' as const };
  await withTx(ctx, (tx) => insertUser(tx, { ...user, emailVerifiedAt: now, createdAt: now, updatedAt: now }));
  return { userId: user.id, password };
}
