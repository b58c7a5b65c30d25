import type { Db } from '#db/client.ts';
import { listFilesForShare, replaceFileUsages } from '#db/queries/files.ts';
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
  field: (index: number) => string;
};

/**
 * Says that these files, and no others any more, are used by it: as long as they are they cannot be deleted. Refused for what
 * is no public file of that purpose there. The files are held, so that a deletion at this moment comes before or after.
 */
export async function useFiles(tx: Db, { keys, purpose, ownerId, field, ...user }: Use): Promise<void> {
  const { tenantId } = user;
  const named = keys.map((key) => parseKey(key));
  const fileIds = [...new Set(named.flatMap((one) => (one?.tenantId === tenantId ? [one.fileId] : [])))];
  const files = fileIds.length === 0 ? [] : await listFilesForShare(tx, { tenantId, fileIds });
  const usable = files.filter(
    (file) =>
      file.purpose === purpose && file.visibility === 'public' && (ownerId === undefined || file.ownerId === ownerId),
  );
  const errors = keys.flatMap((key, index) =>
    usable.some((file) => file.key === key)
      ? []
      : [{ location: 'body', field: field(index), message: `is no public file for this, of purpose ${purpose}` }],
  );
  if (errors.length > 0) throw new AppError(VALIDATION_ERROR, { errors });
  await replaceFileUsages(tx, { ...user, fileIds: usable.map(({ id }) => id) });
}
