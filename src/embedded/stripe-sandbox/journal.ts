import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** One change of one value; without a value it is removed. */
export type Write = { in: string; id: string; value?: unknown };

export type Journal = {
  /** Resolves once the transaction, and all before it, are on disk. */
  append: (writes: readonly Write[]) => Promise<void>;
  flushed: () => Promise<void>;
  close: () => Promise<void>;
};

const NAME = 'journal.jsonl';

/** Every transaction that was written whole. A half line at the end was never acknowledged. */
export async function readJournal(dir: string): Promise<Write[][]> {
  const text = await readFile(join(dir, NAME), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      try {
        return JSON.parse(line) as Write[];
      } catch {
        throw new Error(`The Stripe sandbox cannot read line ${index + 1} of ${join(dir, NAME)}: remove the folder.`);
      }
    });
}

/** Opens a journal that holds these writes alone, put in place of the old one whole. */
export async function openJournal(dir: string, writes: readonly Write[]): Promise<Journal> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const fresh = join(dir, `${NAME}.new`);
  const file = await open(fresh, 'w', 0o600);
  await file.writeFile(writes.map((write) => `${JSON.stringify([write])}\n`).join(''));
  await file.sync();
  await rename(fresh, join(dir, NAME));
  await syncFolder(dir);
  return writer(file);
}

async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  await folder.sync().catch(() => {}); // Not every system syncs folders.
  await folder.close();
}

function writer(file: FileHandle): Journal {
  let waiting: string[] = [];
  let writing = Promise.resolve();
  let queued: Promise<void> | null = null;
  const flush = async () => {
    const batch = waiting.join('');
    waiting = [];
    queued = null;
    await file.writeFile(batch);
    await file.datasync();
  };
  return {
    append: (writes) => {
      waiting.push(`${JSON.stringify(writes)}\n`);
      // One write for all that came while the last one was on its way. After a failed one nothing is acknowledged.
      queued ??= writing.then(flush);
      writing = queued;
      return writing;
    },
    flushed: () => writing,
    close: async () => {
      await writing.catch(() => {});
      await file.close();
    },
  };
}
