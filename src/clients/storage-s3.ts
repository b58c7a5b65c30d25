import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import type { Client } from 'minio';
import { type Chunks, sendParts } from './body-parts.ts';
import { type ByteRange, type ListedObject, requireObjectName, type Storage, type StoredObject } from './storage.ts';
import { fromStore, isMissing, orMissing, storeFailure } from './storage-errors.ts';

export type S3Options = {
  endpoint: string;
  /** Where clients reach the same server, if that is somewhere else: a signature is over the host. */
  publicEndpoint: string | undefined;
  region: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
};

type Clients = { inside: Client; outside: Client };
type Store = { bucket: string; open: () => Promise<Client> };

const SILENCE_MS = 30_000;
/** The least that S3 takes; at most 10,000 of an object are files of up to 50 GB. */
const PART_BYTES = 5 * 1024 * 1024;

/** Files on an S3 server, for any number of processes. What clients send and fetch directly does not pass through us. */
export function createS3Storage({ bucket, ...options }: S3Options): Storage {
  let clients: Clients | undefined;
  const load = () => {
    clients ??= createClients(options);
    return clients;
  };
  const store: Store = { bucket, open: async () => load().inside };
  const outside = async () => load().outside;
  return {
    check: () => fromStore(() => ensureBucket(store)),
    put: (name, body, { contentType }) => fromStore(() => putObject(store, { name, body, contentType })),
    stat: (name) => orMissing(null, () => statObject(store, requireObjectName(name))),
    read: (name, range) => orMissing(null, () => readObject(store, requireObjectName(name), range)),
    move: (from, to) => orMissing(false, () => moveObject(store, requireObjectName(from), requireObjectName(to))),
    remove: (names) =>
      fromStore(async () => {
        const client = await store.open();
        for (const name of names) await client.removeObject(bucket, requireObjectName(name));
      }),
    list: (prefix) => listObjects(store, prefix),
    removeUnfinished: (before) => fromStore(() => abortUnfinished(store, before)),
    ...createGrants(bucket, outside),
    openGrant: () => null,
  };
}

function createGrants(bucket: string, outside: () => Promise<Client>): Pick<Storage, 'grantUpload' | 'grantDownload'> {
  return {
    grantUpload: async ({ name, contentType, size, expiresAt }) => {
      const client = await outside();
      const policy = client.newPostPolicy();
      policy.setBucket(bucket);
      policy.setKey(requireObjectName(name));
      policy.setContentType(contentType);
      policy.setContentLengthRange(size, size);
      policy.setExpires(expiresAt);
      const { postURL, formData } = await client.presignedPostPolicy(policy);
      return { method: 'POST', url: postURL, fields: formData };
    },
    grantDownload: async ({ name, contentType, disposition, expiresAt, now }) => {
      const seconds = Math.ceil((expiresAt.getTime() - now.getTime()) / 1000);
      const shown = { 'response-content-type': contentType, 'response-content-disposition': disposition };
      return (await outside()).presignedGetObject(bucket, requireObjectName(name), seconds, shown);
    },
  };
}

type Access = Omit<S3Options, 'bucket'>;

// Loaded where there is an S3 server: the library weighs 32 MB, and 10 more as an ES module, which keeps what it imports twice.
function createClients({ endpoint, publicEndpoint = endpoint, ...access }: Access): Clients {
  const { Client: S3 } = createRequire(import.meta.url)('minio') as typeof import('minio');
  const connect = (address: string) => {
    const { protocol, hostname, port } = new URL(address);
    const useSSL = protocol === 'https:';
    return new S3({
      endPoint: hostname,
      port: Number(port || (useSSL ? 443 : 80)),
      useSSL,
      // Otherwise each signature may ask the server for it.
      region: access.region,
      accessKey: access.accessKey,
      secretKey: access.secretKey,
      transport: transportOf(useSSL),
      transportAgent: new (useSSL ? https : http).Agent({ keepAlive: true, maxSockets: 64 }),
      retryOptions: { disableRetry: true },
    });
  };
  return { inside: connect(endpoint), outside: connect(publicEndpoint) };
}

/** The library waits for ever: a server that says nothing is down. */
function transportOf(useSSL: boolean): Pick<typeof http, 'request'> {
  const { request } = useSSL ? https : http;
  const send = (...args: Parameters<typeof http.request>) => {
    const sent = request(...args);
    sent.setTimeout(SILENCE_MS, () => sent.destroy(new Error('the store does not answer')));
    return sent;
  };
  return { request: send as typeof http.request };
}

async function ensureBucket({ bucket, open }: Store): Promise<void> {
  const client = await open();
  if (await client.bucketExists(bucket)) return;
  await client.makeBucket(bucket).catch((error) => {
    // Another process has just made it.
    if (error.code !== 'BucketAlreadyOwnedByYou') throw error;
  });
}

async function statObject({ bucket, open }: Store, name: string): Promise<StoredObject> {
  const { size } = await (await open()).statObject(bucket, name);
  return { size };
}

async function readObject({ bucket, open }: Store, name: string, range: ByteRange | undefined): Promise<Readable> {
  const client = await open();
  if (!range) return client.getObject(bucket, name);
  return client.getPartialObject(bucket, name, range.start, range.end - range.start + 1);
}

type Putting = { name: string; body: Chunks; contentType: string };

async function putObject({ bucket, open }: Store, { name, body, contentType }: Putting): Promise<void> {
  requireObjectName(name);
  const client = await open();
  const headers = { 'Content-Type': contentType };
  let upload: PartsUpload | undefined;
  try {
    await sendParts(body, PART_BYTES, async ({ bytes, isLast }) => {
      if (isLast && !upload) return client.putObject(bucket, name, bytes, bytes.length, headers);
      upload ??= await beginParts(client, { bucket, name, headers });
      return upload.send(bytes);
    });
    await upload?.end();
  } catch (error) {
    await upload?.abort().catch(() => {});
    throw error;
  }
}

type PartsUpload = {
  send: (bytes: Buffer) => Promise<void>;
  end: () => Promise<unknown>;
  /** While a part is on its way it could still arrive afterwards, and stay. */
  abort: () => Promise<unknown>;
};
type Target = { bucket: string; name: string; headers: Record<string, string> };

async function beginParts(client: Client, { bucket, name, headers }: Target): Promise<PartsUpload> {
  const uploadId = await client.initiateNewMultipartUpload(bucket, name, headers);
  const sent: { part: number; etag: string }[] = [];
  return {
    send: async (bytes) => {
      const part = { bucketName: bucket, objectName: name, uploadID: uploadId, partNumber: sent.length + 1 };
      const { etag } = await client.uploadPart({ ...part, headers: { 'Content-Length': bytes.length } }, bytes);
      sent.push({ part: part.partNumber, etag });
    },
    end: () => client.completeMultipartUpload(bucket, name, uploadId, sent),
    abort: () => client.abortMultipartUpload(bucket, name, uploadId),
  };
}

async function moveObject({ bucket, open }: Store, from: string, to: string): Promise<boolean> {
  const client = await open();
  await client.copyObject(bucket, to, `/${bucket}/${from}`);
  await client.removeObject(bucket, from);
  return true;
}

async function* listObjects({ bucket, open }: Store, prefix: string): AsyncGenerator<ListedObject> {
  try {
    for await (const item of (await open()).listObjectsV2(bucket, prefix, true)) {
      const { name, size, lastModified } = item as { name?: string; size: number; lastModified?: Date };
      if (name !== undefined) yield { name, size, modifiedAt: lastModified ?? new Date(0) };
    }
  } catch (error) {
    throw storeFailure(error);
  }
}

async function abortUnfinished({ bucket, open }: Store, before: Date): Promise<number> {
  const client = await open();
  let aborted = 0;
  for await (const item of client.listIncompleteUploads(bucket, '', true)) {
    const { key, uploadId, initiated } = item as { key: string; uploadId?: string; initiated?: Date };
    if (!uploadId || !initiated || new Date(initiated) >= before) continue;
    await client.abortMultipartUpload(bucket, key, uploadId).catch((error) => {
      if (!isMissing(error) && error.code !== 'NoSuchUpload') throw error;
    });
    aborted += 1;
  }
  return aborted;
}
