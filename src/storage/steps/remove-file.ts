import { deleteFileRow, type FileRow, markDeleting } from '#db/queries/files.ts';
import { type Ctx, type Deps, withTx } from '../../context.ts';
import { objectNames } from '../rules.ts';
import { uncountFile } from './count-file.ts';

/** Removes what lies in the store, then the row, and gives the room back. What fails is left to the purge. */
export async function removeFile(deps: Pick<Deps, 'db' | 'storage'>, file: FileRow): Promise<void> {
  const { tenantId, id: fileId } = file;
  await deps.storage.remove(objectNames(file.key));
  await withTx(deps, async (tx) => {
    const gone = await deleteFileRow(tx, { tenantId, fileId });
    if (gone) await uncountFile(tx, gone, { bytes: gone.storedBytes, files: 1 });
  });
}

/** The same for one that is refused: nothing of it stays, now or by the next purge. */
export async function discardFile(ctx: Pick<Ctx, 'db' | 'deps' | 'clock'>, file: FileRow): Promise<void> {
  const { db, deps } = ctx;
  try {
    const key = { tenantId: file.tenantId, fileId: file.id };
    const going = await markDeleting(db, { ...key, expiresAt: ctx.clock.now() });
    if (going) await removeFile({ db, storage: deps.storage }, going);
  } catch (err) {
    deps.log.warn({ err, fileId: file.id }, 'a refused file is left to the purge');
  }
}
