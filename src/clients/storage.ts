import type { Readable } from 'node:stream';
import type { Chunks } from './body-parts.ts';

export type StoredObject = { size: number };
export type ListedObject = StoredObject & { name: string; modifiedAt: Date };
/** Both ends are part of it. */
export type ByteRange = { start: number; end: number };

/** What lets somebody else send one object, once and just so, without another credential. */
export type UploadGrant = {
  method: 'POST' | 'PUT';
  url: string;
  /** Of a form: they go before the file. */
  fields?: Record<string, string>;
  headers?: Record<string, string>;
};
export type UploadGrantInput = {
  name: string;
  contentType: string;
  size: number;
  expiresAt: Date;
  now: Date;
  /** Where this service is reached: for grants that it serves itself. */
  baseUrl: string;
};
export type DownloadGrantInput = {
  name: string;
  contentType: string;
  disposition: string;
  expiresAt: Date;
  now: Date;
  baseUrl: string;
};

/** A grant of ours that came back: what it allows. */
export type OpenedGrant = { contentType: string; disposition: string; size: number };
export type GrantQuery = Readonly<Record<string, unknown>>;

/**
 * Where files are: a disk or an S3 server. Names are ours alone: letters, digits, and slashes between. An object is there
 * whole or not at all. What does not work because the store is down is refused with 503; what is not there is null or false.
 */
export type Storage = {
  check: () => Promise<void>;
  put: (name: string, body: Chunks, options: { contentType: string }) => Promise<void>;
  stat: (name: string) => Promise<StoredObject | null>;
  read: (name: string, range?: ByteRange) => Promise<Readable | null>;
  move: (from: string, to: string) => Promise<boolean>;
  /** Of what is not there nothing is said. */
  remove: (names: readonly string[]) => Promise<void>;
  list: (prefix: string) => AsyncIterable<ListedObject>;
  /** What writes that never ended have left behind; says how many. */
  removeUnfinished: (before: Date) => Promise<number>;
  /** Neither grant asks the store anything. */
  grantUpload: (input: UploadGrantInput) => Promise<UploadGrant>;
  grantDownload: (input: DownloadGrantInput) => Promise<string>;
  /** Null for what we have not granted, and where the store itself serves its grants. */
  openGrant: (method: 'PUT' | 'GET', input: { name: string; query: GrantQuery; now: Date }) => OpenedGrant | null;
};

const NAME = /^[a-z0-9][a-z0-9-]*(?:[/.][a-z0-9][a-z0-9-]*)*$/;
// A file system takes 255 bytes between two slashes.
const MAX_NAME_LENGTH = 250;

/** A name that no store and no file system reads as something else. */
export function isObjectName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && NAME.test(name);
}

/** What cannot be a name is not there, as the stores say it. */
export function requireObjectName(name: string): string {
  if (isObjectName(name)) return name;
  throw Object.assign(new Error('not a name of a stored object'), { code: 'NoSuchKey' });
}
