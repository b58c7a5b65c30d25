import type { Db } from '#db/client.ts';
import { type FileRow, listFilesForShare, replaceFileUsages } from '#db/queries/files.ts';
import type { FilePurpose, FileUse } from '#schemas/storage.ts';
import { AppError, VALIDATION_ERROR } from '../../lib/errors.ts';
import { parseKey } from '../rules.ts';

type Use = {
  /** Of the brand; what is a person's alone has that person in its place. */
  tenantId: string;
  usedBy: FileUse;
  usedById: string;
  keys: readonly string[];
  purpose: FilePurpose;
  /** Only what this person has sent. */
  ownerId?: string;
  /** Whether only owner and team may see it; all else is shown to everybody. */
  isPrivate?: true;
  field: (index: number) => string;
};

/**
 * Says that these files, and no others any more, are used by it: as long as they are they cannot be deleted. Refused for what
 * is no file of that purpose there. The files are held, so that a deletion at this moment comes before or after.
 */
export async function useFiles(tx: Db, { keys, purpose, ownerId, isPrivate, field, ...user }: Use): Promise<void> {
  const { tenantId } = user;
  const named = keys.map((key) => parseKey(key));
  const fileIds = [...new Set(named.flatMap((one) => (one?.tenantId === tenantId ? [one.fileId] : [])))];
  const files = fileIds.length === 0 ? [] : await listFilesForShare(tx, { tenantId, fileIds });
  const isSeen = (file: FileRow) => isPrivate || file.visibility === 'public';
  const isOwn = (file: FileRow) => ownerId === undefined || file.ownerId === ownerId;
  const usable = files.filter((file) => file.purpose === purpose && isSeen(file) && isOwn(file));
  const what = isPrivate ? 'file' : 'public file';
  const errors = keys.flatMap((key, index) =>
    usable.some((file) => file.key === key)
      ? []
      : [{ location: 'body', field: field(index), message: `is no ${what} for this, of purpose ${purpose}` }],
  );
  if (errors.length > 0) throw new AppError(VALIDATION_ERROR, { errors });
  await replaceFileUsages(tx, { ...user, fileIds: usable.map(({ id }) => id) });
}
