import { listFileUsages, lockFile, markDeleting } from '#db/queries/files.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../lib/errors.ts';
import { FILE_IN_USE } from './errors.ts';
import { describeFile } from './present-file.ts';
import { ruleOf } from './rules.ts';
import { findVisibleFile, type VisibleFile } from './steps/find-visible-file.ts';
import { removeFile } from './steps/remove-file.ts';

/** Deletes a file that nothing uses. What the store cannot remove now goes by the next purge. */
export async function deleteFile(ctx: Ctx, { key }: { key: string }): Promise<{ key: string; deleted: true }> {
  const visible = await findVisibleFile(ctx, key);
  requireDeleter(visible);
  const { file } = visible;
  const { tenantId, id: fileId } = file;
  const now = ctx.clock.now();
  const going = await withTx(ctx, async (tx) => {
    await lockFile(tx, { tenantId, fileId });
    const usedBy = await listFileUsages(tx, { tenantId, fileId });
    if (usedBy.length > 0) throw new AppError(FILE_IN_USE, { usedBy });
    const row = await markDeleting(tx, { tenantId, fileId, expiresAt: now });
    if (!row) throw new AppError(NOT_FOUND);
    if (!file.isPersonal && ruleOf(file.purpose).uploader !== 'member') {
      const target = { type: 'file', id: fileId };
      await recordChange(ctx, { db: tx, tenantId, action: 'file.deleted', target, before: describeFile(file), now });
    }
    return row;
  });
  await removeFile(ctx.deps, going).catch((err) => ctx.deps.log.warn({ err, fileId }, 'left to the purge'));
  return { key, deleted: true };
}

/** What is a person's they may delete, and the brand's staff; what is the brand's those who may send such files. */
function requireDeleter({ file, isOwner, can }: VisibleFile): void {
  const { uploader } = ruleOf(file.purpose);
  if (uploader === 'member' && isOwner) return;
  if (can(uploader === 'admin' ? 'admin' : 'staff')) return;
  // Seen, by staff or because it is public, but not theirs.
  throw new AppError(can('staff') ? FORBIDDEN : NOT_FOUND);
}
