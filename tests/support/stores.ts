import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Storage } from '#src/clients/storage.ts';
import { createDiskStorage } from '#src/clients/storage-disk.ts';
import { createS3Storage, type S3Options } from '#src/clients/storage-s3.ts';
import { deriveKey } from '#src/lib/secrets.ts';
import { afterFile } from './after-file.ts';
import { tempDir } from './temp-dir.ts';

export const GRANT_KEY = deriveKey('a secret of tests', 'file-grants');
export const BUCKET = 'ttconnect-test';

export type TestStore = { name: string; storage: Storage; s3: S3Options | null; folder: string | null };

/** The real server that .ci/run starts: `tests/support/s3-server.sh`. */
export function realS3(): S3Options | null {
  const { TEST_S3_ENDPOINT, TEST_S3_ACCESS_KEY, TEST_S3_SECRET_KEY, TEST_S3_REGION = 'us-east-1' } = process.env;
  if (!TEST_S3_ENDPOINT || !TEST_S3_ACCESS_KEY || !TEST_S3_SECRET_KEY) return null;
  return {
    endpoint: TEST_S3_ENDPOINT,
    publicEndpoint: undefined,
    region: TEST_S3_REGION,
    accessKey: TEST_S3_ACCESS_KEY,
    secretKey: TEST_S3_SECRET_KEY,
    bucket: BUCKET,
  };
}

/** An S3 server in this process. It checks signatures, but enforces no POST policy. */
export async function startS3rver(): Promise<S3Options> {
  const S3rver = createRequire(import.meta.url)('@20minutes/s3rver');
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: tempDir(),
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  const { port } = (await server.run()) as AddressInfo;
  afterFile(() => server.close());
  const endpoint = `http://127.0.0.1:${port}`;
  const keys = { accessKey: 'S3RVER', secretKey: 'S3RVER' };
  return { endpoint, publicEndpoint: undefined, region: 'us-east-1', ...keys, bucket: BUCKET };
}

export async function openStores(): Promise<TestStore[]> {
  const folder = tempDir();
  const inProcess = await startS3rver();
  const real = realS3();
  const s3 = (name: string, options: S3Options) => ({
    name,
    storage: createS3Storage(options),
    s3: options,
    folder: null,
  });
  return [
    { name: 'disk', storage: createDiskStorage({ folder, grantKey: GRANT_KEY }), s3: null, folder },
    s3('S3 in this process', inProcess),
    ...(real ? [s3('a real S3 server', real)] : []),
  ];
}

/** What a service needs to keep its files there. */
export const environmentOf = ({ endpoint, accessKey, secretKey, bucket }: S3Options) => ({
  S3_ENDPOINT: endpoint,
  S3_ACCESS_KEY: accessKey,
  S3_SECRET_KEY: secretKey,
  S3_BUCKET: bucket,
});
