import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { createDiskStorage } from '#src/clients/storage-disk.ts';
import { createS3Storage } from '#src/clients/storage-s3.ts';

/** The client of the store alone: keeps so many bytes, says how many MiB a second that was, and removes them. */
const { bytes, disk, s3 } = JSON.parse(process.argv[2] ?? '{}');
const storage = s3 ? createS3Storage(s3) : createDiskStorage({ folder: disk, grantKey: randomBytes(32) });
await storage.check();

const chunk = randomBytes(65_536);
function* pieces() {
  for (let left = bytes; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk;
}

const startedAt = performance.now();
await storage.put('bench/file.bin', Readable.from(pieces()), { contentType: 'application/octet-stream' });
const seconds = (performance.now() - startedAt) / 1000;
await storage.remove(['bench/file.bin']);
process.stdout.write(JSON.stringify({ perSecond: bytes / 1024 ** 2 / seconds }), () => process.exit(0));
