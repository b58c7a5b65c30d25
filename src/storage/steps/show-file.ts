import type { FileRow } from '#db/queries/files.ts';
import type { StoredFile } from '#schemas/storage.ts';
import type { Ctx } from '../../context.ts';
import { dispositionOf } from '../../lib/downloads.ts';
import { addSeconds } from '../../lib/time.ts';
import { presentFile, presentImage } from '../present-file.ts';
import { DOWNLOAD_SECONDS } from '../rules.ts';

type Viewer = Pick<Ctx, 'deps' | 'clock' | 'baseUrl'>;

/** Where the file can be fetched: for good if it is public, else for a few minutes. Asks the store nothing. */
export async function urlOf(ctx: Viewer, file: FileRow): Promise<{ url: string; expiresAt: Date | null }> {
  const { baseUrl } = ctx;
  if (file.visibility === 'public') return { url: presentImage(file.key, baseUrl).large, expiresAt: null };
  const now = ctx.clock.now();
  const expiresAt = addSeconds(now, DOWNLOAD_SECONDS);
  const { key: name, contentType } = file;
  const disposition = dispositionOf(file);
  const url = await ctx.deps.storage.grantDownload({ name, contentType, disposition, expiresAt, now, baseUrl });
  return { url, expiresAt };
}

export async function showFile(ctx: Viewer, file: FileRow): Promise<StoredFile> {
  const { url } = await urlOf(ctx, file);
  return presentFile(file, { url, baseUrl: ctx.baseUrl });
}
