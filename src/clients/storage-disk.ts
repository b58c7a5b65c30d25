import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { openFileGrant, signFileGrant } from '../lib/file-grants.ts';
import { type Chunks, sendParts } from './body-parts.ts';
import { type ListedObject, requireObjectName, type Storage, type StoredObject } from './storage.ts';
import { fromStore, isMissing, orMissing } from './storage-errors.ts';

// No name of an object begins with a dot.
const UNFINISHED = '.unfinished';
const PART_BYTES = 1024 * 1024;

/** Files in a folder of this machine, for one process: what `npm start` uses. Grants are signed, and served by our routes. */
export function createDiskStorage({ folder, grantKey }: { folder: string; grantKey: Buffer }): Storage {
  const pathOf = (name: string) => join(folder, ...requireObjectName(name).split('/'));
  const unfinished = join(folder, UNFINISHED);
  return {
    check: () => fromStore(() => tryWriting(unfinished)),
    put: (name, body) => fromStore(() => writeWhole({ body, unfinished, path: pathOf(name) })),
    stat: (name) => orMissing(null, () => statFile(pathOf(name))),
    read: (name, range) =>
      orMissing(null, async () => {
        const path = pathOf(name);
        await statFile(path);
        return (await open(path)).createReadStream(range);
      }),
    move: (from, to) => orMissing(false, () => moveTo(pathOf(from), pathOf(to))),
    remove: (names) =>
      fromStore(async () => {
        for (const name of names) await rm(pathOf(name), { force: true });
      }),
    list: (prefix) => listFiles(folder, prefix),
    removeUnfinished: (before) => fromStore(() => removeOld(unfinished, before)),
    grantUpload: async ({ name, baseUrl, ...allowed }) => ({
      method: 'PUT',
      url: `${baseUrl}/files/${name}?${signFileGrant(grantKey, { method: 'PUT', name, disposition: '', ...allowed })}`,
      headers: { 'content-type': allowed.contentType },
    }),
    grantDownload: async ({ name, baseUrl, ...allowed }) =>
      `${baseUrl}/files/${name}?${signFileGrant(grantKey, { method: 'GET', name, size: 0, ...allowed })}`,
    openGrant: (method, { name, query, now }) => openFileGrant(grantKey, { method, name, query, now }),
  };
}

async function tryWriting(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const probe = join(dir, randomUUID());
  await writeFile(probe, 'ok');
  await rm(probe);
}

type Writing = { body: Chunks; unfinished: string; path: string };

/** Under another name until all of it is on the disk: a crash leaves a whole file or none. */
async function writeWhole({ body, unfinished, path }: Writing): Promise<void> {
  const temporary = join(unfinished, randomUUID());
  try {
    await mkdir(unfinished, { recursive: true });
    await writeNew(temporary, body);
    await makeFolder(dirname(path));
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

async function writeNew(path: string, body: Chunks): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await sendParts(body, PART_BYTES, ({ bytes }) => file.writeFile(bytes));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** To an S3 server the beginning of a name is nothing; to a disk it is a folder. */
async function statFile(path: string): Promise<StoredObject> {
  const found = await stat(path);
  if (!found.isFile()) throw Object.assign(new Error('a folder'), { code: 'ENOENT' });
  return { size: found.size };
}

async function moveTo(from: string, to: string): Promise<boolean> {
  await statFile(from);
  await makeFolder(dirname(to));
  await rename(from, to);
  await syncFolder(dirname(to));
  await syncFolder(dirname(from));
  return true;
}

/** The entry of a new folder has to be on the disk as well. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

async function* listFiles(folder: string, prefix: string): AsyncGenerator<ListedObject> {
  const names = await orMissing([], () => readdir(folder, { recursive: true, withFileTypes: true }));
  for (const entry of names) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    if (!entry.isFile() || !name.startsWith(prefix) || name.startsWith(UNFINISHED)) continue;
    const found = await orMissing(null, () => stat(path));
    if (found) yield { name, size: found.size, modifiedAt: found.mtime };
  }
}

async function removeOld(folder: string, before: Date): Promise<number> {
  const names = await readdir(folder).catch((error) => {
    if (isMissing(error)) return [];
    throw error;
  });
  let removed = 0;
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (!found || found.mtime >= before) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}
