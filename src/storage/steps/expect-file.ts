import type { Db } from '#db/client.ts';
import { type FileRow, insertFile } from '#db/queries/files.ts';
import type { FilePurpose, FileVisibility } from '#schemas/storage.ts';
import { showableName } from '../../lib/downloads.ts';
import { newId } from '../../lib/ids.ts';
import { keyOf } from '../rules.ts';
import { countFile } from './count-file.ts';
import type { Space } from './find-space.ts';

type Expected = {
  space: Space;
  purpose: FilePurpose;
  visibility: FileVisibility;
  name: string;
  contentType: string;
  /** As declared; room for it is reserved. */
  size: number;
  /** Who announces it sends it later, or is sending it now. */
  status: 'pending' | 'checking';
  now: Date;
  expiresAt: Date;
};

/** A file that is not there yet, with room for it. */
export async function expectFile(db: Db, { space, name, now, ...expected }: Expected): Promise<FileRow> {
  const { quotaBytes, ...owner } = space;
  const { purpose, contentType, size } = expected;
  const id = newId();
  const key = keyOf({ ...owner, purpose, id }, contentType);
  const row = {
    ...owner,
    ...expected,
    id,
    key,
    name: showableName(name),
    sha256: null,
    storedBytes: size,
    createdAt: now,
  };
  await countFile(db, row, { bytes: size, files: 1, quotaBytes });
  await insertFile(db, row);
  return row;
}
