import type { Db } from '#db/client.ts';
import { findUserForUpdate, type UserChange, updateUser } from '#db/queries/users.ts';
import type { Me } from '#schemas/auth.ts';
import { type Ctx, type UserActor, withTx } from '../context.ts';
import { AppError, UNAUTHORIZED } from '../lib/errors.ts';
import { parseKey } from '../storage/rules.ts';
import { useFiles } from '../storage/steps/use-files.ts';
import { presentMe } from './get-me.ts';

type Input = Pick<UserChange, 'name' | 'timezone' | 'locale' | 'avatarKey'>;

export async function updateMe(ctx: Ctx<UserActor>, { name, timezone, locale, avatarKey }: Input): Promise<Me> {
  const id = ctx.actor.userId;
  const change = { name, timezone, locale, avatarKey };
  const now = ctx.clock.now();
  if (avatarKey === undefined) return saved(ctx, await updateUser(ctx.db, { id, change, now }));
  const user = await withTx(ctx, async (tx) => {
    const old = await findUserForUpdate(tx, id);
    if (old && old.avatarKey !== avatarKey) await showAvatar(tx, { userId: id, old: old.avatarKey, key: avatarKey });
    return updateUser(tx, { id, change, now });
  });
  return saved(ctx, user);
}

function saved(ctx: Ctx<UserActor>, user: Awaited<ReturnType<typeof updateUser>>): Promise<Me> {
  if (!user) throw new AppError(UNAUTHORIZED);
  return presentMe(ctx, user);
}

type Avatar = { userId: string; old: string | null; key: string | null };

/** The old one may lie elsewhere than the new one: an avatar is a person's alone, or shown in a brand. */
async function showAvatar(tx: Db, { userId, old, key }: Avatar): Promise<void> {
  const use = {
    usedBy: 'user',
    usedById: userId,
    purpose: 'avatar',
    ownerId: userId,
    field: () => 'avatarKey',
  } as const;
  const before = old === null ? null : parseKey(old);
  if (before) await useFiles(tx, { ...use, tenantId: before.tenantId, keys: [] });
  if (key !== null) await useFiles(tx, { ...use, tenantId: parseKey(key)?.tenantId ?? userId, keys: [key] });
}
