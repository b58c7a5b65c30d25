import {
  deleteFileUsages,
  type FileRow,
  forgetFileOwner,
  listErasable,
  lockFile,
  markDeleting,
} from '#db/queries/files.ts';
import { updateUser } from '#db/queries/users.ts';
import { type Ctx, withTx } from '../context.ts';
import { ruleOf } from './rules.ts';
import { removeFile } from './steps/remove-file.ts';

const BATCH = 100;

type Caller = Pick<Ctx, 'deps' | 'db' | 'clock'>;
export type Erasure = { erased: number; kept: number };

/**
 * For whoever wants to be forgotten: their avatars and proofs go, wherever they are shown; what they sent for a brand, its
 * documents, logo and products, is the brand's and stays without their name.
 */
export async function eraseUserFiles(ctx: Caller, { userId }: { userId: string }): Promise<Erasure> {
  const found = { erased: 0, kept: 0 };
  await updateUser(ctx.db, { id: userId, change: { avatarKey: null }, now: ctx.clock.now() });
  for (;;) {
    const files = await listErasable(ctx.db, { ownerId: userId, limit: BATCH });
    if (files.length === 0) return found;
    for (const file of files) {
      const isTheirs = ruleOf(file.purpose).perPerson;
      await (isTheirs ? erase(ctx, file) : forgetFileOwner(ctx.db, { tenantId: file.tenantId, fileId: file.id }));
      found[isTheirs ? 'erased' : 'kept'] += 1;
    }
  }
}

async function erase(ctx: Caller, file: FileRow): Promise<void> {
  const key = { tenantId: file.tenantId, fileId: file.id };
  const going = await withTx(ctx, async (tx) => {
    await lockFile(tx, key);
    await deleteFileUsages(tx, key);
    return markDeleting(tx, { ...key, expiresAt: ctx.clock.now() });
  });
  if (going) await removeFile(ctx.deps, going);
}
