import type { FileUrl } from '#schemas/storage.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { findVisibleFile } from './steps/find-visible-file.ts';
import { urlOf } from './steps/show-file.ts';

/** Where a file can be fetched; of a private one for a few minutes, and only by those who may see it now. */
export async function getFileUrl(ctx: Ctx, { key }: { key: string }): Promise<FileUrl> {
  const { file } = await findVisibleFile(ctx, key);
  if (file.status !== 'ready') throw new AppError(NOT_FOUND);
  return urlOf(ctx, file);
}
