import { deleteFileRow, type FileRow, findFile, updateClaimed } from '#db/queries/files.ts';
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

type Caller = Pick<Ctx, 'db' | 'deps' | 'clock'>;

/**
 * The same for a claimed one that is refused: nothing of it stays, now or by the next purge. False when it was deleted, or
 * claimed by somebody else, before.
 */
export async function discardFile(ctx: Caller, file: FileRow): Promise<boolean> {
  const { db, deps, clock } = ctx;
  let wasOurs = true;
  try {
    const going = await updateClaimed(db, file, { status: 'deleting', expiresAt: clock.now() });
    wasOurs = going !== undefined;
    await (going ? removeFile({ db, storage: deps.storage }, going) : removeRemains(ctx, file));
  } catch (err) {
    deps.log.warn({ err, fileId: file.id }, 'a refused file is left to the purge');
  }
  return wasOurs;
}

/** Whoever deleted it meanwhile has not seen what we have stored since. What somebody else has claimed is theirs. */
export async function removeRemains({ db, deps }: Caller, { tenantId, id: fileId, key }: FileRow): Promise<void> {
  const now = await findFile(db, { tenantId, fileId });
  if (!now || now.status === 'deleting') await deps.storage.remove(objectNames(key));
}
