import type { Db } from '#db/client.ts';
import type { FileRow } from '#db/queries/files.ts';
import { addToCounter, takeFromCounter } from '#db/queries/storage-counters.ts';
import { AppError } from '../../lib/errors.ts';
import { FILE_LIMIT_REACHED, STORAGE_QUOTA_EXCEEDED } from '../errors.ts';
import { countersOf, limitsOf } from '../rules.ts';

type Counted = Pick<FileRow, 'tenantId' | 'ownerId' | 'purpose'>;
type Adding = { bytes: number; files: 0 | 1; quotaBytes: number };

/** Takes room for a file, or refuses it. Always in the same order, so that two uploads wait for each other. */
export async function countFile(db: Db, file: Counted, { bytes, files, quotaBytes }: Adding): Promise<void> {
  const { tenantId } = file;
  for (const counter of countersOf(file)) {
    const limits = limitsOf(counter, { ...file, quotaBytes });
    const isAdded = await addToCounter(db, { tenantId, ...counter, bytes, files, ...limits });
    if (isAdded) continue;
    if (counter.purpose === 'all') throw new AppError(STORAGE_QUOTA_EXCEEDED, { quotaBytes });
    throw new AppError(FILE_LIMIT_REACHED, { maxFiles: limits.maxFiles });
  }
}

/** Gives room back. */
export async function uncountFile(
  db: Db,
  file: Counted,
  { bytes, files }: { bytes: number; files: 0 | 1 },
): Promise<void> {
  if (bytes === 0 && files === 0) return;
  for (const counter of countersOf(file)) {
    await takeFromCounter(db, { tenantId: file.tenantId, ...counter, bytes, files });
  }
}
