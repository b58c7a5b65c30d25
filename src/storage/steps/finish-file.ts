import { type FileRow, updateClaimed } from '#db/queries/files.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { StoredFile } from '#schemas/storage.ts';
import { recordChange } from '../../audit/record-change.ts';
import { type Ctx, withTx } from '../../context.ts';
import { recordEvent } from '../../events/record-event.ts';
import { AppError } from '../../lib/errors.ts';
import type { Content } from '../../lib/metered-stream.ts';
import { PLAN_LIMITS } from '../../plans/rules.ts';
import { UPLOAD_BEING_CHECKED } from '../errors.ts';
import { describeFile, presentFile } from '../present-file.ts';
import { IMAGE_SIZES, imageNames, PERSONAL_BYTES, ruleOf } from '../rules.ts';
import { countFile, uncountFile } from './count-file.ts';
import { showFile } from './show-file.ts';

type Finishing = { file: FileRow; content: Omit<Content, 'head'>; contentType: string };

/**
 * Makes a file that has been looked at ready, and tells of it. A public image is first encoded anew, and only that is kept.
 * Null when it is an image that cannot be read.
 */
export async function finishFile(ctx: Ctx, finishing: Finishing): Promise<StoredFile | null> {
  const { file, content } = finishing;
  const isPublic = file.visibility === 'public';
  const storedBytes = isPublic ? await publishImage(ctx, file) : content.size;
  if (storedBytes === null) return null;
  const ready = await saveReady(ctx, { ...finishing, storedBytes });
  if (isPublic) await ctx.deps.storage.remove([file.key]).catch(logged(ctx, file));
  return showFile(ctx, ready);
}

/** The sum of what is kept of it. */
async function publishImage({ deps }: Ctx, { key }: FileRow): Promise<number | null> {
  const sizes = Object.values(IMAGE_SIZES);
  const images = await deps.images.render(() => deps.storage.read(key), sizes);
  if (!images) return null;
  const names = Object.values(imageNames(key));
  for (const [index, image] of images.entries()) {
    await deps.storage.put(names[index] ?? '', [image], { contentType: 'image/webp' });
  }
  return images.reduce((sum, { length }) => sum + length, 0);
}

async function saveReady(ctx: Ctx, finishing: Finishing & { storedBytes: number }): Promise<FileRow> {
  const { file, content, contentType, storedBytes } = finishing;
  const { size, sha256 } = content;
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const change = { contentType, size, sha256, storedBytes, status: 'ready' as const, expiresAt: null };
    // The file before its counters, as a removal does.
    const ready = await updateClaimed(tx, file, change);
    if (!ready) throw new AppError(UPLOAD_BEING_CHECKED, { retryAfterSeconds: 1 });
    const more = storedBytes - file.storedBytes;
    if (more > 0) await countFile(tx, file, { bytes: more, files: 0, quotaBytes: await quotaOf({ db: tx }, file) });
    else await uncountFile(tx, file, { bytes: -more, files: 0 });
    if (!ready.isPersonal) await announce({ ...ctx, db: tx }, { file: ready, now });
    return ready;
  });
}

async function quotaOf({ db }: Pick<Ctx, 'db'>, { isPersonal, tenantId }: FileRow): Promise<number> {
  const tenant = isPersonal ? undefined : await findTenant(db, tenantId);
  return tenant ? PLAN_LIMITS[tenant.plan].storedBytes : PERSONAL_BYTES;
}

/** What is kept of it tells where the file can be asked for, not an address that opens it. */
async function announce(ctx: Ctx, { file, now }: { file: FileRow; now: Date }): Promise<void> {
  const { db, baseUrl } = ctx;
  const { tenantId, id } = file;
  const url = `${baseUrl}/api/v1/storage/url/${encodeURIComponent(file.key)}`;
  const data = presentFile(file, { url, baseUrl });
  await recordEvent(db, { tenantId, type: 'file.uploaded', objectId: id, data, now });
  if (ruleOf(file.purpose).uploader === 'member') return;
  const target = { type: 'file', id };
  await recordChange(ctx, { db, tenantId, action: 'file.uploaded', target, after: describeFile(file), now });
}

function logged({ deps }: Ctx, { id: fileId }: FileRow) {
  return (err: unknown) => deps.log.warn({ err, fileId }, 'an original is left to the reconciler');
}
