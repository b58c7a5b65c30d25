import { addAbortSignal } from 'node:stream';
import { claimFile, type FileRow, updateClaimed } from '#db/queries/files.ts';
import type { StoredFile } from '#schemas/storage.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND, SERVICE_UNAVAILABLE } from '../lib/errors.ts';
import { looksLikeText } from '../lib/media-types.ts';
import { type Content, meterStream } from '../lib/metered-stream.ts';
import { addSeconds } from '../lib/time.ts';
import { UPLOAD_BEING_CHECKED, UPLOAD_MISSING, UPLOAD_REJECTED } from './errors.ts';
import { CHECK_SECONDS, decideType, incomingName, PENDING_SECONDS } from './rules.ts';
import { findVisibleFile } from './steps/find-visible-file.ts';
import { finishFile } from './steps/finish-file.ts';
import { discardFile, removeRemains } from './steps/remove-file.ts';
import { showFile } from './steps/show-file.ts';

/** Looks at what was sent by a grant: just as announced it is there, else it is deleted. Again it answers the same. */
export async function confirmUpload(ctx: Ctx, { key }: { key: string }): Promise<StoredFile> {
  const { file, isOwner, can } = await findVisibleFile(ctx, key);
  if (!isOwner && !can('staff')) throw new AppError(NOT_FOUND);
  if (file.status === 'ready') return showFile(ctx, file);
  const now = ctx.clock.now();
  const named = { tenantId: file.tenantId, fileId: file.id };
  const claimed = await claimFile(ctx.db, { ...named, now, until: addSeconds(now, CHECK_SECONDS) });
  if (!claimed) return showIfReady(ctx, key);
  try {
    return await check(ctx, claimed);
  } catch (error) {
    const isRefused =
      error instanceof AppError && error.code !== SERVICE_UNAVAILABLE.code && error.code !== UPLOAD_MISSING.code;
    // A store that is down says nothing about the file: it can be confirmed later.
    const wasOurs = await (isRefused ? discardFile(ctx, claimed) : release(ctx, claimed).catch(() => true));
    if (!wasOurs) return showIfReady(ctx, key);
    throw error;
  }
}

async function showIfReady(ctx: Ctx, key: string): Promise<StoredFile> {
  const { file } = await findVisibleFile(ctx, key);
  if (file.status === 'ready') return showFile(ctx, file);
  throw new AppError(UPLOAD_BEING_CHECKED, { retryAfterSeconds: 1 });
}

async function release(ctx: Ctx, file: FileRow): Promise<boolean> {
  const expiresAt = addSeconds(ctx.clock.now(), PENDING_SECONDS);
  const released = await updateClaimed(ctx.db, file, { status: 'pending', expiresAt });
  if (!released) await removeRemains(ctx, file);
  return released !== undefined;
}

/** First it is taken to where no grant reaches: what is looked at there cannot be replaced any more. */
async function check(ctx: Ctx, file: FileRow): Promise<StoredFile> {
  const { storage, fileTypes } = ctx.deps;
  const { key, purpose } = file;
  const isMoved = await storage.move(incomingName(key), key);
  const content = isMoved || (await storage.stat(key)) ? await readThrough(ctx, key) : null;
  if (!content) throw new AppError(UPLOAD_MISSING);
  if (content.size !== file.size) throw rejected('SIZE_MISMATCH');
  const { head } = content;
  const detected = await fileTypes.detect(head);
  const decision = decideType({ purpose, declared: file.contentType, detected, isText: looksLikeText(head) });
  if (!decision.ok) throw rejected(decision.reason);
  const finished = await finishFile(ctx, { file, content, contentType: decision.contentType });
  if (!finished) throw rejected('IMAGE_UNREADABLE');
  return finished;
}

function rejected(reason: string): AppError {
  return new AppError(UPLOAD_REJECTED, { reason });
}

async function readThrough({ deps }: Ctx, key: string): Promise<Content | null> {
  const stream = await deps.storage.read(key);
  if (!stream) return null;
  // Within the time for which it is ours.
  const broken = (cause: unknown) => new AppError(SERVICE_UNAVAILABLE, undefined, { cause });
  const metered = meterStream(addAbortSignal(AbortSignal.timeout((CHECK_SECONDS - 20) * 1000), stream), { broken });
  for await (const _chunk of metered.bytes);
  return metered.content();
}
