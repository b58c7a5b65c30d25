import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Storage } from '#src/clients/storage.ts';
import { createDiskStorage } from '#src/clients/storage-disk.ts';
import { createS3Storage } from '#src/clients/storage-s3.ts';
import { AppError } from '#src/lib/errors.ts';
import { GRANT_KEY, openStores, realS3 } from '../support/stores.ts';
import { tempDir } from '../support/temp-dir.ts';

const MIB = 1024 * 1024;
const stores = await openStores();
const isCi = process.env['CI'] === 'true';

const newName = (extension = 'bin') => `tests/${randomUUID()}.${extension}`;
const streamOf = (bytes: Buffer) => Readable.from(bytes.length === 0 ? [] : [bytes]);
const options = { contentType: 'application/octet-stream' };
const put = (storage: Storage, name: string, bytes: Buffer) => storage.put(name, streamOf(bytes), options);
const read = async (storage: Storage, name: string, range?: { start: number; end: number }) => {
  const stream = await storage.read(name, range);
  return stream && buffer(stream);
};
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Pieces of odd sizes, as a network gives them. */
async function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + ((at * 7919) % 70_000);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function namesIn(storage: Storage, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of storage.list(prefix)) found.push(name);
  return found.sort();
}

async function failureOf(work: Promise<unknown>): Promise<any> {
  return work.then(
    () => null,
    (error) => error,
  );
}

it('is tried on a real S3 server in CI', () => expect(isCi && realS3() === null).toBe(false));

describe.each(stores)('$name', ({ storage, folder }) => {
  it('is up', async () => expect(await storage.check()).toBeUndefined());

  it.each([0, 1, 4096, 5 * MIB, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 24 * MIB + 12_345])(
    'keeps %d bytes exactly',
    async (size) => {
      const [name, bytes] = [newName(), randomBytes(size)];
      await storage.put(name, Readable.from(pieces(bytes)), options);
      expect(await storage.stat(name)).toEqual({ size });
      expect(sha256((await read(storage, name)) ?? Buffer.alloc(0))).toBe(sha256(bytes));
      await storage.remove([name]);
      expect(await storage.stat(name)).toBeNull();
    },
  );

  it('reads a range', async () => {
    const [name, bytes] = [newName(), randomBytes(1000)];
    await put(storage, name, bytes);
    expect(await read(storage, name, { start: 0, end: 4 })).toEqual(bytes.subarray(0, 5));
    expect(await read(storage, name, { start: 10, end: 99 })).toEqual(bytes.subarray(10, 100));
    expect(await read(storage, name, { start: 999, end: 999 })).toEqual(bytes.subarray(999));
  });

  it('knows nothing of what is not there', async () => {
    const name = newName();
    expect(await storage.stat(name)).toBeNull();
    expect(await storage.read(name)).toBeNull();
    expect(await storage.move(name, newName())).toBe(false);
    expect(await storage.remove([name])).toBeUndefined();
  });

  it('knows nothing under the beginning of a name', async () => {
    const begin = `tests/${randomUUID()}`;
    await put(storage, `${begin}/a/b.txt`, Buffer.from('x'));
    for (const name of [begin, `${begin}/a`]) {
      expect(await storage.stat(name)).toBeNull();
      expect(await storage.read(name)).toBeNull();
      expect(await storage.move(name, newName())).toBe(false);
    }
    expect(await storage.stat(`${begin}/a/b.txt`)).toEqual({ size: 1 });
  });

  it('moves, and overwrites', async () => {
    const [from, to] = [newName(), newName()];
    await put(storage, from, Buffer.from('new'));
    await put(storage, to, Buffer.from('old, and longer'));
    expect(await storage.move(from, to)).toBe(true);
    expect(await storage.stat(from)).toBeNull();
    expect(String(await read(storage, to))).toBe('new');
  });

  it('lists by prefix, and removes several', async () => {
    const prefix = `list/${randomUUID()}`;
    const names = ['a', 'b', 'c'].map((one) => `${prefix}/${one}/file.txt`);
    for (const name of names) await put(storage, name, Buffer.from('x'));
    expect(await namesIn(storage, `${prefix}/`)).toEqual(names);
    for await (const { size, modifiedAt } of storage.list(prefix)) {
      expect(size).toBe(1);
      expect(Math.abs(modifiedAt.getTime() - Date.now())).toBeLessThan(60_000);
    }
    await storage.remove(names);
    expect(await namesIn(storage, prefix)).toEqual([]);
  });

  it.each([0, 100_000, 9 * MIB, 20 * MIB])('leaves nothing of a body that fails after %d bytes', async (size) => {
    const name = newName();
    const refusal = new AppError({ code: 'TOO_MUCH', statusCode: 413, message: 'Too much.' });
    const body = Readable.from(
      (async function* () {
        yield* pieces(randomBytes(size));
        throw refusal;
      })(),
    );
    expect(await failureOf(storage.put(name, body, options))).toBe(refusal);
    expect(await storage.stat(name)).toBeNull();
    if (folder) expect(await readdir(join(folder, '.unfinished'))).toEqual([]);
    else expect(await unfinished(storage)).toBe(0);
  });

  it('stops at once when its body is destroyed', async () => {
    const name = newName();
    const body = new Readable({ read() {} });
    const failing = failureOf(storage.put(name, body, options));
    body.push(randomBytes(100_000));
    setTimeout(() => body.destroy(new Error('the client left')), 50);
    expect((await failing)?.code).toBe('SERVICE_UNAVAILABLE');
    expect(await storage.stat(name)).toBeNull();
  });

  it.each([
    '../x',
    'a/../b',
    'a//b',
    '/etc/passwd',
    'a/',
    '.hidden',
    'a/.b',
    'a\\b',
    'a b',
    'a%2fb',
    'A',
    'ä',
    'a\u0000b',
    '',
    'x'.repeat(251),
    `${'x'.repeat(260)}.txt`,
  ])('has nothing under the name %j, and keeps nothing there', async (name) => {
    expect(await storage.stat(name)).toBeNull();
    expect(await storage.read(name)).toBeNull();
    expect(await storage.move(name, newName())).toBe(false);
    expect(await failureOf(put(storage, name, Buffer.from('x')))).toBeInstanceOf(Error);
    expect(await failureOf(storage.remove([name]))).toBeInstanceOf(Error);
  });

  it('makes a grant without a call', async () => {
    const now = new Date();
    const expiresAt = new Date(now.getTime() + 60_000);
    const grant = { name: newName('png'), contentType: 'image/png', now, expiresAt, baseUrl: 'http://api.example' };
    const upload = await storage.grantUpload({ ...grant, size: 5 });
    const url = await storage.grantDownload({ ...grant, disposition: 'attachment' });
    expect(upload.method).toBe(folder ? 'PUT' : 'POST');
    for (const made of [upload.url, url]) expect(URL.canParse(made)).toBe(true);
  });
});

/** How many uploads in parts were begun and never ended. The server in this process cannot say. */
async function unfinished(storage: Storage): Promise<number> {
  return storage.removeUnfinished(new Date(Date.now() + 60_000)).catch(() => 0);
}

describe('a disk', () => {
  it('finds everything again after a restart', async () => {
    const folder = tempDir();
    await put(createDiskStorage({ folder, grantKey: GRANT_KEY }), 'a/b.txt', Buffer.from('kept'));
    expect(String(await read(createDiskStorage({ folder, grantKey: GRANT_KEY }), 'a/b.txt'))).toBe('kept');
  });

  it('removes what a crash left, but nothing that is being written', async () => {
    const folder = tempDir();
    const storage = createDiskStorage({ folder, grantKey: GRANT_KEY });
    const body = new Readable({ read() {} });
    const writing = storage.put('a/b.txt', body, options);
    body.push('begun');
    while (!existsSync(join(folder, '.unfinished')) || (await readdir(join(folder, '.unfinished'))).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await storage.removeUnfinished(new Date(Date.now() - 60_000))).toBe(0);
    expect(await storage.removeUnfinished(new Date(Date.now() + 60_000))).toBe(1);
    body.destroy();
    await failureOf(writing);
  });

  it('that cannot be written says so with 503, and has no half of it', async () => {
    const file = join(tempDir(), 'file');
    await writeFile(file, 'in its place');
    const storage = createDiskStorage({ folder: join(file, 'storage'), grantKey: GRANT_KEY });
    expect(await failureOf(storage.check())).toMatchObject({ statusCode: 503 });
    expect(await failureOf(put(storage, 'a.txt', Buffer.from('x')))).toMatchObject({ statusCode: 503 });
  });
});

describe('an S3 server', () => {
  it('that is down says so with 503', async () => {
    const keys = { region: 'us-east-1', accessKey: 'a', secretKey: 'b', bucket: 'bucket' };
    const storage = createS3Storage({ endpoint: 'http://127.0.0.1:1', publicEndpoint: undefined, ...keys });
    for (const work of [
      () => storage.check(),
      () => put(storage, 'a.txt', Buffer.from('x')),
      () => put(storage, 'a.txt', randomBytes(9 * MIB)),
      () => storage.stat('a.txt'),
      () => storage.read('a.txt'),
      () => storage.move('a.txt', 'b.txt'),
      () => storage.remove(['a.txt']),
      () => namesIn(storage, ''),
      () => storage.removeUnfinished(new Date()),
    ]) {
      expect(await failureOf(work())).toMatchObject({ statusCode: 503 });
    }
  });

  it('is named in grants as clients reach it', async () => {
    const keys = { region: 'eu-central-1', accessKey: 'a', secretKey: 'b', bucket: 'bucket' };
    const publicEndpoint = 'https://files.example.com';
    const storage = createS3Storage({ endpoint: 'http://127.0.0.1:1', publicEndpoint, ...keys });
    const now = new Date();
    const grant = { name: 'a.png', contentType: 'image/png', now, expiresAt: new Date(now.getTime() + 60_000) };
    const upload = await storage.grantUpload({ ...grant, baseUrl: '', size: 5 });
    expect(upload.url).toBe('https://files.example.com/bucket');
    const policy = JSON.parse(Buffer.from(upload.fields?.['policy'] ?? '', 'base64').toString());
    expect(policy.conditions).toEqual(
      expect.arrayContaining([
        ['eq', '$key', 'a.png'],
        ['eq', '$Content-Type', 'image/png'],
        ['content-length-range', 5, 5],
      ]),
    );
    const url = await storage.grantDownload({ ...grant, baseUrl: '', disposition: 'attachment' });
    expect(url).toMatch(/^https:\/\/files\.example\.com\/bucket\/a\.png\?/);
    expect(url).toContain('response-content-disposition=attachment');
  });
});
