import type { Readable } from 'node:stream';
import type { FileRow } from '#db/queries/files.ts';
import type { StoredFile, UploadFields } from '#schemas/storage.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, VALIDATION_ERROR } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { looksLikeText, UNKNOWN_TYPE } from '../lib/media-types.ts';
import { type Metered, meterStream } from '../lib/metered-stream.ts';
import { addSeconds } from '../lib/time.ts';
import { FILE_TOO_LARGE, FILE_TYPE_REFUSED } from './errors.ts';
import { decideType, MAX_BYTES_UNNAMED, ruleOf, UPLOAD_SECONDS } from './rules.ts';
import { chooseVisibility } from './steps/choose-visibility.ts';
import { expectFile } from './steps/expect-file.ts';
import { findSpace } from './steps/find-space.ts';
import { finishFile } from './steps/finish-file.ts';
import { discardFile } from './steps/remove-file.ts';

export type UploadInput = {
  file: Readable;
  /** Hears of each chunk of it that is done with. */
  onDone: (chunk: Buffer) => void;
  filename: string;
  declaredType: string;
  /** How many bytes the form has, if its sender says; else 0. */
  announcedBytes: number;
  inHeader: string | undefined;
  /** What the form says beside the file: null while the file comes before it. */
  fields: UploadFields | null;
  /** The same once the form has ended. */
  allFields: () => Promise<UploadFields>;
};

/** Takes a file as it comes: looked at, counted and hashed on its way, and there only when all of it is right. */
export async function uploadFile(ctx: Ctx, input: UploadInput): Promise<StoredFile> {
  const metered = meterStream(input.file, { broken, onDone: input.onDone });
  try {
    return await (input.fields
      ? uploadKnown(ctx, input.fields, { input, metered })
      : uploadUnknown(ctx, { input, metered }));
  } catch (error) {
    input.file.destroy();
    throw error;
  }
}

// What a form may have around its file.
const FORM_BYTES = 4_096;
const FIELDS = ['tenantId', 'purpose', 'visibility'] as const;
type Upload = { input: UploadInput; metered: Metered };

/** What it is for is known before it comes: it goes to its place at once. */
async function uploadKnown(ctx: Ctx, fields: UploadFields, { input, metered }: Upload): Promise<StoredFile> {
  const { maxBytes } = ruleOf(fields.purpose);
  limit(metered, maxBytes);
  // What it is short of is taken when all of it is there.
  const size = Math.min(Math.max(0, input.announcedBytes - FORM_BYTES), maxBytes);
  const file = await expectUpload(ctx, fields, { input, metered, size });
  const arrive = async () => {
    await store(ctx, file.key, { metered, contentType: file.contentType });
    const all = await input.allFields();
    const changed = FIELDS.find((field) => all[field] !== fields[field]);
    if (changed) throw invalid(changed, 'must stand before the file, as the other fields do');
  };
  return keep(ctx, { file, metered, arrive });
}

/** The file comes first: it waits at a place of its own until the form says what it is for. */
async function uploadUnknown(ctx: Ctx, { input, metered }: Upload): Promise<StoredFile> {
  const { storage } = ctx.deps;
  const place = `incoming/${newId()}`;
  limit(metered, MAX_BYTES_UNNAMED);
  try {
    await store(ctx, place, { metered, contentType: UNKNOWN_TYPE });
    const fields = await input.allFields();
    const { size } = metered.content();
    const { maxBytes } = ruleOf(fields.purpose);
    if (size > maxBytes) throw new AppError(FILE_TOO_LARGE, { maxBytes });
    const file = await expectUpload(ctx, fields, { input, metered, size });
    return await keep(ctx, { file, metered, arrive: async () => void (await storage.move(place, file.key)) });
  } finally {
    await storage.remove([place]).catch((err) => ctx.deps.log.warn({ err, place }, 'left to the reconciler'));
  }
}

function broken(cause: unknown): AppError {
  return invalid('file', 'did not arrive whole', cause);
}

function invalid(field: string, message: string, cause?: unknown): AppError {
  return new AppError(VALIDATION_ERROR, { errors: [{ location: 'body', field, message }] }, { cause });
}

function limit(metered: Metered, maxBytes: number): void {
  metered.limit(maxBytes, () => new AppError(FILE_TOO_LARGE, { maxBytes }));
}

function store({ deps }: Ctx, name: string, { metered, contentType }: { metered: Metered; contentType: string }) {
  return deps.storage.put(name, metered.bytes, { contentType });
}

type Expected = Upload & { size: number };

async function expectUpload(ctx: Ctx, fields: UploadFields, { input, metered, size }: Expected): Promise<FileRow> {
  const { purpose, tenantId } = fields;
  const visibility = chooseVisibility(fields);
  const space = await findSpace(ctx, { tenantId, inHeader: input.inHeader, purpose });
  const head = await metered.head();
  const detected = await ctx.deps.fileTypes.detect(head);
  const seen = { purpose, declared: input.declaredType, detected, isText: looksLikeText(head) };
  const decision = decideType(seen);
  if (!decision.ok) throw new AppError(FILE_TYPE_REFUSED, { reason: decision.reason, detected });
  const now = ctx.clock.now();
  const { contentType } = decision;
  return withTx(ctx, (tx) =>
    expectFile(tx, {
      ...{ space, purpose, visibility, name: input.filename, contentType, size, now },
      ...{ status: 'checking', expiresAt: addSeconds(now, UPLOAD_SECONDS) },
    }),
  );
}

type Keeping = { file: FileRow; metered: Metered; arrive: () => Promise<void> };

async function keep(ctx: Ctx, { file, metered, arrive }: Keeping): Promise<StoredFile> {
  try {
    await arrive();
    const finished = await finishFile(ctx, { file, content: metered.content(), contentType: file.contentType });
    if (!finished) throw new AppError(FILE_TYPE_REFUSED, { reason: 'IMAGE_UNREADABLE' });
    return finished;
  } catch (error) {
    await discardFile(ctx, file);
    throw error;
  }
}
