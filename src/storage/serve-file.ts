import type { Readable } from 'node:stream';
import type { Ctx } from '../context.ts';
import { chooseRange } from '../lib/downloads.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { RANGE_NOT_SATISFIABLE } from './errors.ts';

type Input = {
  name: string;
  query: Record<string, unknown>;
  /** Only what is told of it: HEAD. */
  isHead: boolean;
  range: string | undefined;
  ifRange: string | undefined;
  ifNoneMatch: string | undefined;
};
export type ServedFile = { status: number; headers: Record<string, string>; body: Readable | null };

const YEAR_SECONDS = 31_536_000;

/** The bytes of a public image, which never change under their name, or of a private file for whoever has a grant of ours. */
export async function serveFile(ctx: Ctx, input: Input): Promise<ServedFile> {
  const isGranted = input.query['signature'] !== undefined;
  const { object, headers } = isGranted ? granted(ctx, input) : published(input);
  const found = await ctx.deps.storage.stat(object);
  if (!found) throw new AppError(NOT_FOUND);
  const etag = `"${found.size.toString(36)}-${input.name.slice(input.name.lastIndexOf('/') + 1)}"`;
  const shown = { ...headers, etag, 'accept-ranges': 'bytes' };
  if (hasTag(input.ifNoneMatch, etag)) return { status: 304, headers: shown, body: null };
  const isSame = input.ifRange === undefined || input.ifRange === etag;
  const range = isSame ? chooseRange(input.range, found.size) : null;
  if (range === 'none') throw new AppError(RANGE_NOT_SATISFIABLE, { size: found.size });
  const body = input.isHead ? null : await ctx.deps.storage.read(object, range ?? undefined);
  if (!body && !input.isHead) throw new AppError(NOT_FOUND);
  const length = range ? range.end - range.start + 1 : found.size;
  const part = range && { 'content-range': `bytes ${range.start}-${range.end}/${found.size}` };
  return { status: range ? 206 : 200, headers: { ...shown, 'content-length': String(length), ...part }, body };
}

function hasTag(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

type Place = { object: string; headers: Record<string, string> };

function granted({ deps, clock }: Ctx, { name, query }: Input): Place {
  const grant = deps.storage.openGrant('GET', { name, query, now: clock.now() });
  if (!grant) throw new AppError(NOT_FOUND);
  const { contentType, disposition } = grant;
  const headers = {
    'content-type': contentType,
    'content-disposition': disposition,
    'cache-control': 'private, no-store',
  };
  return { object: name, headers };
}

/** Only what was encoded anew is under this prefix. */
function published({ name }: Input): Place {
  const headers = { 'content-type': 'image/webp', 'cache-control': `public, max-age=${YEAR_SECONDS}, immutable` };
  return { object: `public/${name}`, headers };
}
