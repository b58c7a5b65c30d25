import { sql } from 'drizzle-orm';
import { bigint, boolean, check, foreignKey, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { filePurposes, fileStatuses, fileUses, fileVisibilities } from '#schemas/storage.ts';
import { choice, id, instant, oneOf } from './columns.ts';

/**
 * What was uploaded, or is expected to be. What is a person's alone has that person's id in the place of the brand's: ids
 * never meet, so that all keys lead with it alike.
 */
export const files = pgTable(
  'files',
  {
    tenantId: id().notNull(),
    id: id().notNull(),
    isPersonal: boolean().notNull(),
    key: text().notNull(),
    /** Who sent it; null for an API key. */
    ownerId: id(),
    purpose: choice(filePurposes).notNull(),
    visibility: choice(fileVisibilities).notNull(),
    name: text().notNull(),
    contentType: text().notNull(),
    /** As declared, until the content has been looked at. */
    size: bigint({ mode: 'number' }).notNull(),
    sha256: text(),
    status: choice(fileStatuses).notNull(),
    /** What it counts against the quota: reserved at first, then what is kept. */
    storedBytes: bigint({ mode: 'number' }).notNull(),
    createdAt: instant().notNull(),
    /** When what is not ready is given up, or looked at again. */
    expiresAt: instant(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('files_list_idx').on(table.tenantId, table.createdAt, table.id).where(sql`${table.status} = 'ready'`),
    index('files_of_owner_idx').on(table.ownerId, table.createdAt, table.id),
    index('files_expiry_idx').on(table.expiresAt).where(sql`${table.status} <> 'ready'`),
    oneOf('files_purpose_check', table.purpose, filePurposes),
    oneOf('files_visibility_check', table.visibility, fileVisibilities),
    oneOf('files_status_check', table.status, fileStatuses),
    check('files_size_check', sql`${table.size} >= 0 and ${table.storedBytes} >= 0`),
    check('files_ready_check', sql`(${table.status} <> 'ready') = (${table.expiresAt} is not null)`),
    check('files_personal_check', sql`not ${table.isPersonal} or ${table.ownerId} = ${table.tenantId}`),
  ],
);

/** What a file is used for. While there is a row the file stays. */
export const fileUsages = pgTable(
  'file_usages',
  {
    tenantId: id().notNull(),
    fileId: id().notNull(),
    usedBy: choice(fileUses).notNull(),
    usedById: id().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.fileId, table.usedBy, table.usedById] }),
    index('file_usages_user_idx').on(table.tenantId, table.usedBy, table.usedById),
    oneOf('file_usages_used_by_check', table.usedBy, fileUses),
    foreignKey({
      name: 'file_usages_file_fk',
      columns: [table.tenantId, table.fileId],
      foreignColumns: [files.tenantId, files.id],
    }),
  ],
);

export const counterPurposes = ['all', ...filePurposes] as const;

/** How much is kept: of all purposes and of each, and, where the number is limited for each person, of each person. */
export const storageCounters = pgTable(
  'storage_counters',
  {
    tenantId: id().notNull(),
    purpose: choice(counterPurposes).notNull(),
    /** The person, else the brand again. */
    holderId: id().notNull(),
    bytes: bigint({ mode: 'number' }).notNull(),
    files: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.holderId, table.purpose] }),
    oneOf('storage_counters_purpose_check', table.purpose, counterPurposes),
    check('storage_counters_check', sql`${table.bytes} >= 0 and ${table.files} >= 0`),
  ],
);
