import { and, eq, getTableColumns, inArray, lte, ne, sql } from 'drizzle-orm';
import type { FilePurpose, FileUse } from '#schemas/storage.ts';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { files, fileUsages } from '../schema/files.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type FileRow = typeof files.$inferSelect;
type Key = { tenantId: string; fileId: string };

const isFile = ({ tenantId, fileId }: Key) => and(eq(files.tenantId, tenantId), eq(files.id, fileId));

export async function insertFile(db: Db, row: FileRow): Promise<void> {
  await db.insert(files).values(row);
}

const byKey = prepared((db) =>
  db
    .select()
    .from(files)
    .where(and(eq(files.tenantId, sql.placeholder('tenantId')), eq(files.id, sql.placeholder('fileId'))))
    .prepare('find_file'),
);

export async function findFile(db: Db, key: Key): Promise<FileRow | undefined> {
  return (await byKey(db).execute(key))[0];
}

/** Of several who look at the same upload one gets it: until then it is theirs alone. */
export async function claimFile(
  db: Db,
  { now, until, ...key }: Key & { now: Date; until: Date },
): Promise<FileRow | undefined> {
  const isFree = sql`(${files.status} = 'pending' or (${files.status} = 'checking' and ${files.expiresAt} <= ${now.toISOString()}::timestamptz))`;
  const rows = await db
    .update(files)
    .set({ status: 'checking', expiresAt: until })
    .where(and(isFile(key), isFree))
    .returning();
  return rows[0];
}

/** No two claims of a file end at the same time: so the end tells whose it is. */
type Claimed = Pick<FileRow, 'tenantId' | 'id' | 'expiresAt'>;
type Change = Partial<Pick<FileRow, 'contentType' | 'size' | 'sha256' | 'status' | 'storedBytes' | 'expiresAt'>>;

/** Holds only as long as it is still as it was claimed: no row means that it went, or that somebody else has claimed it. */
export async function updateClaimed(
  db: Db,
  { tenantId, id: fileId, expiresAt }: Claimed,
  change: Change,
): Promise<FileRow | undefined> {
  if (!expiresAt) return undefined;
  const isOurs = and(eq(files.status, 'checking'), eq(files.expiresAt, expiresAt));
  const rows = await db
    .update(files)
    .set(change)
    .where(and(isFile({ tenantId, fileId }), isOurs))
    .returning();
  return rows[0];
}

/** Held from here on: who begins to use it comes before or after. What was seen of its uses earlier may be old. */
export async function lockFile(db: Db, key: Key): Promise<FileRow | undefined> {
  return (await db.select().from(files).where(isFile(key)).for('update'))[0];
}

/** Marks a file as going; with `expiresAt` in the past the next purge takes it. */
export async function markDeleting(
  db: Db,
  { expiresAt, ...key }: Key & { expiresAt: Date },
): Promise<FileRow | undefined> {
  const rows = await db
    .update(files)
    .set({ status: 'deleting', expiresAt })
    .where(and(isFile(key), ne(files.status, 'deleting')))
    .returning();
  return rows[0];
}

export async function deleteFileRow(db: Db, key: Key): Promise<FileRow | undefined> {
  const rows = await db
    .delete(files)
    .where(and(isFile(key), eq(files.status, 'deleting')))
    .returning();
  return rows[0];
}

type Listing = { purpose?: FilePurpose | undefined; page: PageRequest };
const listed = ({ purpose, page }: Listing) =>
  and(
    eq(files.status, sql.raw("'ready'")),
    purpose && eq(files.purpose, purpose),
    beforePosition(files.createdAt, files.id, page),
  );
const newestFirst = [sql`${files.createdAt} desc`, sql`${files.id} desc`];

/** All files of a brand, newest first, on files_list_idx. */
export function listFiles(db: Db, { tenantId, ...listing }: Listing & { tenantId: string }): Promise<FileRow[]> {
  return db
    .select()
    .from(files)
    .where(and(eq(files.tenantId, tenantId), listed(listing)))
    .orderBy(...newestFirst)
    .limit(listing.page.rows);
}

/** A person's files in all brands and their own, on files_of_owner_idx. */
export function listFilesOfOwner(db: Db, { ownerId, ...listing }: Listing & { ownerId: string }): Promise<FileRow[]> {
  return db
    .select()
    .from(files)
    .where(and(eq(files.ownerId, ownerId), listed(listing)))
    .orderBy(...newestFirst)
    .limit(listing.page.rows);
}

/** Whatever a person has sent and is not going yet: some of it, on files_of_owner_idx. */
export function listErasable(db: Db, { ownerId, limit }: { ownerId: string; limit: number }): Promise<FileRow[]> {
  return db
    .select()
    .from(files)
    .where(and(eq(files.ownerId, ownerId), ne(files.status, sql.raw("'deleting'"))))
    .limit(limit);
}

/**
 * Takes what was never finished or is to go, over all brands, on files_expiry_idx. What somebody was looking at when they died
 * is first given back to be looked at again.
 */
export function takeDueFiles(db: Db, { now, until, limit }: { now: Date; until: Date; limit: number }) {
  const due = db
    .select({ tenantId: files.tenantId, id: files.id })
    .from(files)
    .where(and(ne(files.status, sql.raw("'ready'")), lte(files.expiresAt, now)))
    .limit(limit)
    .for('update', { skipLocked: true });
  return db
    .update(files)
    .set({
      status: sql`case when ${files.status} = 'checking' then 'pending' else 'deleting' end`,
      expiresAt: until,
    })
    .where(inArray(sql`(${files.tenantId}, ${files.id})`, due))
    .returning();
}

/** Those of these files that are there, held as they are until the transaction ends. */
export async function listFilesForShare(
  db: Db,
  { tenantId, fileIds }: { tenantId: string; fileIds: readonly string[] },
): Promise<FileRow[]> {
  return db
    .select()
    .from(files)
    .where(and(eq(files.tenantId, tenantId), inArray(files.id, [...fileIds]), eq(files.status, 'ready')))
    .orderBy(files.id)
    .for('share');
}

type User = { tenantId: string; usedBy: FileUse; usedById: string };

/** What this uses from now on, in the place of what it used before. */
export async function replaceFileUsages(
  db: Db,
  { tenantId, usedBy, usedById, fileIds }: User & { fileIds: readonly string[] },
): Promise<void> {
  await db
    .delete(fileUsages)
    .where(and(eq(fileUsages.tenantId, tenantId), eq(fileUsages.usedBy, usedBy), eq(fileUsages.usedById, usedById)));
  if (fileIds.length === 0) return;
  await db.insert(fileUsages).values(fileIds.map((fileId) => ({ tenantId, fileId, usedBy, usedById })));
}

export function listFileUsages(db: Db, { tenantId, fileId }: Key) {
  return db
    .select({ type: fileUsages.usedBy, id: fileUsages.usedById })
    .from(fileUsages)
    .where(and(eq(fileUsages.tenantId, tenantId), eq(fileUsages.fileId, fileId)))
    .limit(20);
}

/** Takes a file out of whatever uses it: for erasure. */
export async function deleteFileUsages(db: Db, { tenantId, fileId }: Key): Promise<void> {
  await db.delete(fileUsages).where(and(eq(fileUsages.tenantId, tenantId), eq(fileUsages.fileId, fileId)));
}

/** The brand keeps a file whose sender is to be forgotten. */
export async function forgetFileOwner(db: Db, key: Key): Promise<void> {
  await db.update(files).set({ ownerId: null }).where(isFile(key));
}

// One row for each pair that was asked for.
const asked = (keys: readonly Key[]) => sql`unnest(
  ${textArray(keys.map(({ tenantId }) => tenantId))}::uuid[], ${textArray(keys.map(({ fileId }) => fileId))}::uuid[]
) as "asked"("tenant_id", "id")`;

/** Those of these files that there are, each by its own key. */
export async function listFilesByIds(db: Db, keys: readonly Key[]): Promise<FileRow[]> {
  if (keys.length === 0) return [];
  return db
    .select(getTableColumns(files))
    .from(asked(keys))
    .innerJoin(files, and(sql`${files.tenantId} = "asked"."tenant_id"`, sql`${files.id} = "asked"."id"`));
}

/** Every file that is there, in the order of their keys, over all brands: for the reconciler. */
export function listReadyFiles(db: Db, { after, limit }: { after: Key; limit: number }): Promise<FileRow[]> {
  const isAfter = sql`(${files.tenantId}, ${files.id}) > (${after.tenantId}::uuid, ${after.fileId}::uuid)`;
  return db
    .select()
    .from(files)
    .where(and(isAfter, eq(files.status, sql.raw("'ready'"))))
    .orderBy(files.tenantId, files.id)
    .limit(limit);
}
