import { type Journal, openJournal, readJournal, type Write } from './journal.ts';

/**
 * Everything the sandbox knows, in memory and in a journal. A transaction is synchronous, so that none sees another one
 * half done; what it wrote is acknowledged after `flushed`.
 */
export type Store = {
  get: (collection: string, id: string) => unknown;
  /** In the order of their making. */
  all: (collection: string) => unknown[];
  ids: (collection: string) => string[];
  collections: () => string[];
  put: (collection: string, entry: { id: string; value: unknown }) => void;
  remove: (collection: string, id: string) => void;
  /** Undoes the writes when `run` throws, unless `keeps` says that they stay. */
  transact: <T>(run: () => T, keeps?: (error: unknown) => boolean) => T;
  flushed: () => Promise<void>;
  close: () => Promise<void>;
};

type Data = Map<string, Map<string, unknown>>;

export async function openStore(dir: string): Promise<Store> {
  const data: Data = new Map();
  for (const writes of await readJournal(dir)) for (const write of writes) apply(data, write);
  const kept = [...data].flatMap(([name, entries]) => [...entries].map(([id, value]) => ({ in: name, id, value })));
  return storeOf(data, await openJournal(dir, kept));
}

function apply(data: Data, { in: collection, id, value }: Write): void {
  const entries = data.get(collection) ?? new Map<string, unknown>();
  data.set(collection, entries);
  if (value === undefined) entries.delete(id);
  else entries.set(id, value);
}

function storeOf(data: Data, journal: Journal): Store {
  let open: { writes: Write[]; undo: Write[] } | null = null;
  const change = (write: Write) => {
    if (!open) throw new Error('A write outside of a transaction.');
    open.undo.push({ in: write.in, id: write.id, value: data.get(write.in)?.get(write.id) });
    open.writes.push(write);
    apply(data, write);
  };
  const transact = <T>(run: () => T, keeps: (error: unknown) => boolean = () => false): T => {
    if (open) return run();
    open = { writes: [], undo: [] };
    let isKept = true;
    try {
      return run();
    } catch (error) {
      isKept = keeps(error);
      throw error;
    } finally {
      const { writes, undo } = open;
      open = null;
      if (!isKept) for (const write of undo.reverse()) apply(data, write);
      // A failed write shows in `flushed`, which every answer waits for.
      else if (writes.length > 0) journal.append(writes).catch(() => {});
    }
  };
  return {
    get: (collection, id) => data.get(collection)?.get(id),
    all: (collection) => [...(data.get(collection)?.values() ?? [])],
    ids: (collection) => [...(data.get(collection)?.keys() ?? [])],
    collections: () => [...data.keys()],
    put: (collection, { id, value }) => change({ in: collection, id, value: structuredClone(value) }),
    remove: (collection, id) => change({ in: collection, id }),
    transact,
    flushed: journal.flushed,
    close: journal.close,
  };
}
