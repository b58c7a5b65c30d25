import { createHmac, timingSafeEqual } from 'node:crypto';

export type FileGrant = {
  method: 'PUT' | 'GET';
  name: string;
  contentType: string;
  disposition: string;
  size: number;
  expiresAt: Date;
};

/** The query of a URL that allows just this, until then. */
export function signFileGrant(key: Buffer, grant: FileGrant): string {
  const { contentType, disposition, size } = grant;
  const expires = String(grant.expiresAt.getTime());
  const signature = signatureOf(key, { ...grant, expires });
  return new URLSearchParams({ expires, type: contentType, disposition, size: String(size), signature }).toString();
}

type Shown = { method: 'PUT' | 'GET'; name: string; query: Readonly<Record<string, unknown>>; now: Date };

/** What a query allows; null when we have not signed it so, or it is over. */
export function openFileGrant(
  key: Buffer,
  { method, name, query, now }: Shown,
): Pick<FileGrant, 'contentType' | 'disposition' | 'size'> | null {
  const [expires, contentType, disposition, size, signature] = FIELDS.map((field) => query[field]);
  if (![expires, contentType, disposition, size, signature].every((text) => typeof text === 'string')) return null;
  const shown = { method, name, expires, contentType, disposition, size } as Signed;
  if (!isSame(signatureOf(key, shown), String(signature))) return null;
  if (Number(expires) <= now.getTime()) return null;
  return { contentType: String(contentType), disposition: String(disposition), size: Number(size) };
}

const FIELDS = ['expires', 'type', 'disposition', 'size', 'signature'];
type Signed = Omit<FileGrant, 'expiresAt' | 'size'> & { expires: string; size: number | string };

function signatureOf(key: Buffer, { method, name, expires, contentType, disposition, size }: Signed): string {
  const text = JSON.stringify([method, name, expires, contentType, disposition, String(size)]);
  return createHmac('sha256', key).update(text).digest('base64url');
}

function isSame(ours: string, theirs: string): boolean {
  const [a, b] = [Buffer.from(ours), Buffer.from(theirs)];
  return a.length === b.length && timingSafeEqual(a, b);
}
