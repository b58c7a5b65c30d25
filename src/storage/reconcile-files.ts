import { type FileRow, listFilesByIds, listReadyFiles } from '#db/queries/files.ts';
import type { ListedObject } from '../clients/storage.ts';
import type { Deps } from '../context.ts';
import { eachOf } from '../lib/each-of.ts';
import { addSeconds } from '../lib/time.ts';
import { isExpectedObject, objectOwner, requiredObjects } from './rules.ts';

const BATCH = 500;
const DAY_SECONDS = 86_400;
const FIRST = '00000000-0000-0000-0000-000000000000';

export type Reconciliation = { orphans: number; missing: number; unfinished: number };

/**
 * Brings store and database together: removes objects that no file has, and parts of uploads that never ended, both only
 * after a day; and tells of files whose object is not there, which an operator has to look at.
 */
export async function reconcileFiles(deps: Deps): Promise<Reconciliation> {
  const before = addSeconds(deps.clock.now(), -DAY_SECONDS);
  const unfinished = await deps.storage.removeUnfinished(before);
  const orphans = await removeOrphans(deps, before);
  const missing = await findMissing(deps);
  const found = { orphans, missing, unfinished };
  if (orphans + missing + unfinished > 0) deps.log.warn(found, 'store and database differed');
  return found;
}

async function removeOrphans(deps: Deps, before: Date): Promise<number> {
  let removed = 0;
  let batch: ListedObject[] = [];
  const judge = async () => {
    const orphans = await orphansOf(deps, batch);
    await deps.storage.remove(orphans);
    removed += orphans.length;
    batch = [];
  };
  for (const prefix of ['incoming/', 'public/', 'tenants/', 'users/']) {
    for await (const object of deps.storage.list(prefix)) {
      if (object.modifiedAt < before) batch.push(object);
      if (batch.length === BATCH) await judge();
    }
  }
  await judge();
  return removed;
}

async function orphansOf({ db }: Deps, objects: readonly ListedObject[]): Promise<string[]> {
  const owners = objects.map(({ name }) => objectOwner(name));
  const rows = await listFilesByIds(
    db,
    owners.filter((owner) => owner !== null),
  );
  const byId = new Map(rows.map((row) => [`${row.tenantId}/${row.id}`, row]));
  return objects.flatMap(({ name }, index) => {
    const owner = owners[index];
    const file = owner && byId.get(`${owner.tenantId}/${owner.fileId}`);
    return file && isExpectedObject(file, name) ? [] : [name];
  });
}

async function findMissing(deps: Deps): Promise<number> {
  let missing = 0;
  let after = { tenantId: FIRST, fileId: FIRST };
  for (;;) {
    const rows = await listReadyFiles(deps.db, { after, limit: BATCH });
    await eachOf(rows, async (file) => {
      if (await isWhole(deps, file)) return;
      missing += 1;
      deps.log.error({ tenantId: file.tenantId, fileId: file.id }, 'the object of a file is missing');
    });
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return missing;
    after = { tenantId: last.tenantId, fileId: last.id };
  }
}

async function isWhole({ storage }: Deps, file: FileRow): Promise<boolean> {
  for (const name of requiredObjects(file)) if (!(await storage.stat(name))) return false;
  return true;
}
