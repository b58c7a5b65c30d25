import type { FileRow } from '#db/queries/files.ts';
import type { ImageUrls, StoredFile } from '#schemas/storage.ts';
import { imageNames } from './rules.ts';

/** The addresses of a public image, which follow from its key. */
export function presentImage(key: string, baseUrl: string): ImageUrls {
  const { small, medium, large } = imageNames(key);
  const urlOf = (name: string) => `${baseUrl}/files/${name.slice('public/'.length)}`;
  return { small: urlOf(small), medium: urlOf(medium), large: urlOf(large) };
}

/** What the audit log keeps of it. */
export function describeFile({ purpose, visibility, name, contentType, size, ownerId }: FileRow) {
  return { purpose, visibility, name, contentType, size, ownerId };
}

/** What its owner sees. The address of a private file is made for the moment. */
export function presentFile(row: FileRow, { url, baseUrl }: { url: string; baseUrl: string }): StoredFile {
  const { key, ownerId, purpose, visibility, name, contentType, size, sha256, status, createdAt } = row;
  const images = visibility === 'public' ? presentImage(key, baseUrl) : null;
  const facts = { key, tenantId: row.isPersonal ? null : row.tenantId, ownerId, purpose, visibility, name };
  return { ...facts, contentType, size, sha256, status, createdAt, url: images?.large ?? url, images };
}
