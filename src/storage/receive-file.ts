import type { Readable } from 'node:stream';
import { findFile } from '#db/queries/files.ts';
import type { Ctx } from '../context.ts';
import { AppError, FORBIDDEN, VALIDATION_ERROR } from '../lib/errors.ts';
import { plainType } from '../lib/media-types.ts';
import { meterStream } from '../lib/metered-stream.ts';
import { FILE_TOO_LARGE, FILE_TYPE_REFUSED } from './errors.ts';
import { incomingName, parseKey } from './rules.ts';

type Input = {
  name: string;
  query: Record<string, unknown>;
  contentType: string | undefined;
  body: Readable;
  /** Hears of each chunk of it that is done with. */
  onDone: (chunk: Buffer) => void;
};

/** Takes what a grant of ours allows, where we keep files ourselves: those bytes, that type, and as long as it is expected. */
export async function receiveFile(
  ctx: Ctx,
  { name, query, contentType, body, onDone }: Input,
): Promise<{ key: string }> {
  const { storage } = ctx.deps;
  const key = name.slice(incomingName('').length);
  const grant = storage.openGrant('PUT', { name, query, now: ctx.clock.now() });
  const named = parseKey(key);
  const file = grant && named ? await findFile(ctx.db, named) : undefined;
  // The grant of an upload that was confirmed or given up is worth nothing any more.
  if (!grant || file?.status !== 'pending') throw new AppError(FORBIDDEN);
  if (plainType(contentType ?? '') !== grant.contentType) {
    throw new AppError(FILE_TYPE_REFUSED, { reason: 'TYPE_MISMATCH' });
  }
  const broken = (cause?: unknown) => {
    const error = { location: 'body', field: '', message: `must be exactly ${grant.size} bytes` };
    return new AppError(VALIDATION_ERROR, { errors: [error] }, { cause });
  };
  const metered = meterStream(body, { broken, onDone });
  metered.limit(grant.size, () => new AppError(FILE_TOO_LARGE, { maxBytes: grant.size }));
  // Too few fail before they are kept: what was sent rightly before stays.
  const exactly = async function* () {
    yield* metered.bytes;
    if (metered.content().size !== grant.size) throw broken();
  };
  await storage.put(name, exactly(), { contentType: grant.contentType });
  return { key };
}
