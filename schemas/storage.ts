import { z } from 'zod';
import { Id, IdParam, PageQuery, Timestamp, text } from './common.ts';

export const filePurposes = ['avatar', 'logo', 'product', 'proof', 'document'] as const;
export type FilePurpose = (typeof filePurposes)[number];
export const fileVisibilities = ['public', 'private'] as const;
export type FileVisibility = (typeof fileVisibilities)[number];
/** An upload is expected, its content is being looked at, the file is there, or it is going. */
export const fileStatuses = ['pending', 'checking', 'ready', 'deleting'] as const;
export type FileStatus = (typeof fileStatuses)[number];
/** What a file can be used for: as long as it is, it stays. */
export const fileUses = ['product', 'tenant', 'user', 'submission'] as const;
export type FileUse = (typeof fileUses)[number];

const MAX_BYTES = 2 ** 53 - 1;
const Purpose = z.enum(filePurposes).meta({ description: 'Decides types, size, number and who may send it' });
const Visibility = z
  .enum(fileVisibilities)
  .meta({ description: 'By default images of avatars, logos and products are public, all else private' });

export const FileKey = z
  .string()
  .min(1)
  .max(300)
  .meta({ description: 'Made by the server', example: 'tenants/019ab3c4-6a11-7b02-8c3d-4e5f60718293/product/x.png' });

export const TenantHeader = z.object({
  'x-tenant-id': IdParam.optional().meta({ description: 'The brand, where the request names none' }),
});

/** The fields of a form, beside its one file. */
export const UploadFields = z.object({
  tenantId: IdParam.optional().meta({ description: 'The brand; without it an avatar is the person’s alone' }),
  purpose: Purpose,
  visibility: Visibility.optional(),
});
export type UploadFields = z.output<typeof UploadFields>;

export const UploadForm = UploadFields.extend({
  file: z.file().meta({ description: 'Its type is told from its first bytes; its name is only shown' }),
}).meta({ id: 'UploadForm' });

export const GrantUploadBody = z
  .object({
    tenantId: IdParam.optional().meta({ description: 'The brand; without it an avatar is the person’s alone' }),
    purpose: Purpose,
    visibility: Visibility.optional(),
    filename: text(255).meta({ description: 'Only shown, as the name of a download' }),
    contentType: z
      .string()
      .max(200)
      .regex(/^[\w.+-]+\/[\w.+-]+$/, 'must be a media type without parameters'),
    size: z.int().min(0).max(MAX_BYTES).meta({ description: 'Bytes: exactly as many may be sent' }),
  })
  .meta({
    id: 'GrantUploadBody',
    example: { purpose: 'avatar', filename: 'me.png', contentType: 'image/png', size: 48_213 },
  });
export type GrantUploadBody = z.output<typeof GrantUploadBody>;

export const ConfirmUploadBody = z
  .object({ key: FileKey })
  .meta({ id: 'ConfirmUploadBody', example: { key: 'users/019ab3c4-6a11-7b02-8c3d-4e5f60718293/avatar/x.png' } });

export const FileParams = z.object({ key: FileKey.meta({ description: 'URL-encoded, its slashes too' }) });

export const FilesQuery = PageQuery.extend({
  tenantId: IdParam.optional().meta({
    description:
      'All files of this brand, for its staff. Without it those of the caller: a person’s own, a key’s brand’s',
  }),
  purpose: z.enum(filePurposes).optional(),
});

const exampleKey = 'tenants/019ab3c4-6a11-7b02-8c3d-4e5f60718293/product/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071.png';
const exampleUrl = `https://api.example.com/files/${exampleKey.slice(0, -4)}`;

export const ImageUrls = z
  .object({
    small: z.string().meta({ description: 'At most 160 pixels wide' }),
    medium: z.string().meta({ description: 'At most 480' }),
    large: z.string().meta({ description: 'At most 1200' }),
  })
  .meta({
    id: 'ImageUrls',
    example: { small: `${exampleUrl}.160.webp`, medium: `${exampleUrl}.480.webp`, large: `${exampleUrl}.1200.webp` },
  });
export type ImageUrls = z.output<typeof ImageUrls>;

const exampleFile = {
  key: exampleKey,
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  ownerId: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
  purpose: 'product',
  visibility: 'public',
  name: 'beans.png',
  contentType: 'image/png',
  size: 48_213,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  status: 'ready',
  createdAt: '2026-11-23T14:15:16.123Z',
  url: `${exampleUrl}.1200.webp`,
  images: { small: `${exampleUrl}.160.webp`, medium: `${exampleUrl}.480.webp`, large: `${exampleUrl}.1200.webp` },
};

export const StoredFile = z
  .object({
    key: z.string(),
    tenantId: Id.nullable().meta({ description: 'null for what is a person’s alone' }),
    ownerId: Id.nullable().meta({ description: 'Who sent it; null for an API key' }),
    purpose: z.enum(filePurposes),
    visibility: z.enum(fileVisibilities),
    name: z.string(),
    contentType: z.string().meta({ description: 'What was sent is, by its first bytes' }),
    size: z.int().meta({ description: 'Bytes that were sent' }),
    sha256: z.string().nullable().meta({ description: 'Of the bytes that were sent, in hex' }),
    status: z.enum(fileStatuses),
    createdAt: Timestamp,
    url: z.string().meta({ description: 'Of a public file for good; of a private one for a few minutes' }),
    images: ImageUrls.nullable().meta({
      description: 'Of a public image: encoded anew as WebP, without what the camera has written into it',
    }),
  })
  .meta({ id: 'StoredFile', example: exampleFile });
export type StoredFile = z.output<typeof StoredFile>;

export const Uploaded = z.object({ file: StoredFile }).meta({ id: 'Uploaded', example: { file: exampleFile } });

export const GrantedUpload = z
  .object({
    key: z.string(),
    method: z.enum(['POST', 'PUT']),
    url: z.string(),
    fields: z.record(z.string(), z.string()).optional().meta({ description: 'Of a form, before its `file`' }),
    headers: z.record(z.string(), z.string()).optional().meta({ description: 'To be sent just so' }),
    expiresAt: Timestamp,
  })
  .meta({
    id: 'GrantedUpload',
    example: {
      key: exampleKey,
      method: 'PUT',
      url: `https://api.example.com/files/incoming/${exampleKey}?expires=1795443316123&signature=x`,
      headers: { 'content-type': 'image/png' },
      expiresAt: '2026-11-23T14:30:16.123Z',
    },
  });
export type GrantedUpload = z.output<typeof GrantedUpload>;

export const FileUrl = z
  .object({
    url: z.string(),
    expiresAt: Timestamp.nullable().meta({ description: 'null for a public file, whose URL stays' }),
  })
  .meta({ id: 'FileUrl', example: { url: `${exampleUrl}.1200.webp`, expiresAt: null } });
export type FileUrl = z.output<typeof FileUrl>;

export const DeletedFile = z
  .object({ key: z.string(), deleted: z.literal(true) })
  .meta({ id: 'DeletedFile', example: { key: exampleKey, deleted: true } });

export const StorageUsage = z
  .object({
    bytes: z.int().meta({ description: 'Kept, and reserved for uploads that are expected' }),
    files: z.int(),
    quotaBytes: z.int().meta({ description: 'Of the plan' }),
    purposes: z.array(z.object({ purpose: z.enum(filePurposes), bytes: z.int(), files: z.int() })),
  })
  .meta({
    id: 'StorageUsage',
    example: {
      bytes: 48_213,
      files: 1,
      quotaBytes: 5_368_709_120,
      purposes: [{ purpose: 'product', bytes: 48_213, files: 1 }],
    },
  });
export type StorageUsage = z.output<typeof StorageUsage>;
