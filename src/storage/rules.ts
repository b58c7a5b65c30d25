import type { FilePurpose, FileStatus, FileVisibility } from '#schemas/storage.ts';
import { LIMITS } from '../lib/limits.ts';
import { extensionOf, IMAGES, plainType, UNKNOWN_TYPE } from '../lib/media-types.ts';

const MIB = 1024 ** 2;
const VIDEOS = ['video/mp4', 'video/webm', 'video/quicktime'] as const;
/** Nothing that its first bytes show: they only must be text. */
const TEXTS = [
  ...['text/plain', 'text/csv', 'text/markdown', 'text/html', 'text/xml', 'text/calendar', 'text/vcard'],
  ...['application/json', 'application/xml', 'application/rtf', 'image/svg+xml'],
];
/** Archives by their first bytes: what they are for is up to the sender. */
const ZIPS = [
  'application/zip',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  'application/vnd.oasis.opendocument.text',
  'application/vnd.oasis.opendocument.spreadsheet',
  'application/vnd.oasis.opendocument.presentation',
  'application/epub+zip',
];
const OLD_OFFICE = ['application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint'];
const COMPOUND = 'application/x-cfb';
const OTHERS = ['application/pdf', 'application/gzip', 'audio/mpeg', 'audio/wav', 'audio/mp4', 'audio/ogg'];
const DOCUMENTS: readonly string[] = [
  ...[...IMAGES, ...VIDEOS, ...TEXTS, ...ZIPS, ...OLD_OFFICE],
  ...[...OTHERS, UNKNOWN_TYPE],
];

/** The person alone or a member of the brand; else at least that role in the team. */
export type Uploader = 'member' | 'staff' | 'admin';
type PurposeRule = {
  uploader: Uploader;
  types: readonly string[];
  maxBytes: number;
  /** Of one person, or of all the brand. */
  maxFiles: number;
  perPerson: boolean;
  visibilities: readonly [FileVisibility, ...FileVisibility[]];
};

/** What each purpose allows; the first visibility is the one that is meant when none is named. */
export const PURPOSES = {
  avatar: {
    uploader: 'member',
    types: IMAGES,
    maxBytes: 5 * MIB,
    maxFiles: 10,
    perPerson: true,
    visibilities: ['public', 'private'],
  },
  logo: {
    uploader: 'admin',
    types: IMAGES,
    maxBytes: 5 * MIB,
    maxFiles: 50,
    perPerson: false,
    visibilities: ['public', 'private'],
  },
  product: {
    uploader: 'admin',
    types: IMAGES,
    maxBytes: 15 * MIB,
    maxFiles: 20_000,
    perPerson: false,
    visibilities: ['public', 'private'],
  },
  proof: {
    uploader: 'member',
    types: [...IMAGES, ...VIDEOS, 'application/pdf'],
    maxBytes: 50 * MIB,
    maxFiles: 100,
    perPerson: true,
    visibilities: ['private'],
  },
  document: {
    uploader: 'staff',
    types: DOCUMENTS,
    maxBytes: LIMITS.fileBytes,
    maxFiles: 20_000,
    perPerson: false,
    visibilities: ['private'],
  },
} as const satisfies Record<FilePurpose, PurposeRule>;

export function ruleOf(purpose: FilePurpose): PurposeRule {
  return PURPOSES[purpose];
}

/** What a form may send before it has said what for. */
export const MAX_BYTES_UNNAMED = 100 * MIB;
/** What one person may keep beside the brands. */
export const PERSONAL_BYTES = 50 * MIB;
/** The sizes of a public image, in pixels: thumbnail, list, page. */
export const IMAGE_SIZES = { small: 160, medium: 480, large: 1200 } as const;

export const GRANT_SECONDS = 900;
export const DOWNLOAD_SECONDS = 300;
/** What looks at an upload is done within this time, or has died. */
export const CHECK_SECONDS = 120;
/** An upload that was not confirmed is kept so much longer than it could be made. */
export const PENDING_SECONDS = 3_600;
/** The longest upload through us, and the time to store it. */
export const UPLOAD_SECONDS = 2 * 3_600;

export type TypeDecision =
  | { ok: true; contentType: string }
  | { ok: false; reason: 'TYPE_MISMATCH' | 'TYPE_NOT_ALLOWED' };
type Seen = { purpose: FilePurpose; declared: string; detected: string | null; isText: boolean };

/** What a file is: what its first bytes say, and, where those say nothing, what its sender says and they do not refute. */
export function decideType({ purpose, declared, detected, isText }: Seen): TypeDecision {
  const { types } = ruleOf(purpose);
  const real = realType(plainType(declared), { detected: detected && plainType(detected), isText, types });
  if (real === null) return { ok: false, reason: 'TYPE_MISMATCH' };
  return types.includes(real) ? { ok: true, contentType: real } : { ok: false, reason: 'TYPE_NOT_ALLOWED' };
}

type Evidence = { detected: string | null; isText: boolean; types: readonly string[] };

function realType(declared: string, { detected, isText, types }: Evidence): string | null {
  if (TEXTS.includes(declared)) return isText && (detected === null || isTextual(detected)) ? declared : null;
  if (detected === null) return declared === UNKNOWN_TYPE ? declared : null;
  if (declared === UNKNOWN_TYPE) return types.includes(detected) ? detected : declared;
  if (declared === detected) return declared;
  const family = ZIPS.includes(declared) ? ZIPS : OLD_OFFICE.includes(declared) ? [COMPOUND, ...OLD_OFFICE] : [];
  return family.includes(detected) ? declared : null;
}

function isTextual(type: string): boolean {
  return TEXTS.includes(type) || type.startsWith('text/');
}

/** Whether a grant for such a file could ever be confirmed. */
export function isAllowedType(purpose: FilePurpose, declared: string): boolean {
  return ruleOf(purpose).types.includes(plainType(declared));
}

type Named = { tenantId: string; isPersonal: boolean; purpose: FilePurpose; id: string };

/** Nothing in it comes from the sender but its type. */
export function keyOf({ tenantId, isPersonal, purpose, id }: Named, contentType: string): string {
  return `${isPersonal ? 'users' : 'tenants'}/${tenantId}/${purpose}/${id}.${extensionOf(contentType)}`;
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const KEY = new RegExp(`^(?:tenants|users)/(${UUID})/[a-z]+/(${UUID})\\.[a-z0-9]+$`);

/** What a key names, if it could be one of ours. */
export function parseKey(key: string): { tenantId: string; fileId: string } | null {
  const [, tenantId, fileId] = KEY.exec(key) ?? [];
  return tenantId && fileId ? { tenantId, fileId } : null;
}

/** Where what a client sends directly arrives: nobody is ever shown that place. */
export function incomingName(key: string): string {
  return `incoming/${key}`;
}

/** The images that a public file consists of. */
export function imageNames(key: string): { small: string; medium: string; large: string } {
  const base = `public/${key.slice(0, key.lastIndexOf('.'))}`;
  return {
    small: `${base}.${IMAGE_SIZES.small}.webp`,
    medium: `${base}.${IMAGE_SIZES.medium}.webp`,
    large: `${base}.${IMAGE_SIZES.large}.webp`,
  };
}

/** Every place in which something of the file may lie. */
export function objectNames(key: string): string[] {
  return [key, incomingName(key), ...Object.values(imageNames(key))];
}

type Counted = { tenantId: string; ownerId: string | null; purpose: FilePurpose };
export type Counter = { purpose: 'all' | FilePurpose; holderId: string };

/** What the file counts in: the whole, its purpose, and that of its person where each has a number of their own. */
export function countersOf({ tenantId, ownerId, purpose }: Counted): Counter[] {
  const counters: Counter[] = [
    { purpose: 'all', holderId: tenantId },
    { purpose, holderId: tenantId },
  ];
  const isOnesOwn = ruleOf(purpose).perPerson && ownerId !== null && ownerId !== tenantId;
  return isOnesOwn ? [...counters, { purpose, holderId: ownerId }] : counters;
}

type Quota = Counted & { quotaBytes: number };

/** How much a counter may hold; the last one of a file is the one that limits its number. */
export function limitsOf(counter: Counter, { tenantId, ownerId, purpose, quotaBytes }: Quota) {
  const counters = countersOf({ tenantId, ownerId, purpose });
  const isLast = counters.at(-1)?.holderId === counter.holderId && counter.purpose !== 'all';
  return {
    maxBytes: counter.purpose === 'all' ? quotaBytes : Number.MAX_SAFE_INTEGER,
    maxFiles: isLast ? ruleOf(purpose).maxFiles : Number.MAX_SAFE_INTEGER,
  };
}

type Placed = { key: string; status: FileStatus; visibility: FileVisibility };

/** The file that an object of this name would belong to. */
export function objectOwner(name: string): { tenantId: string; fileId: string } | null {
  const key = name.replace(/^(incoming|public)\//, '');
  return parseKey(name.startsWith('public/') ? key.replace(/\.\d+\.webp$/, '.webp') : key);
}

/** What a file that is ready consists of. */
export function requiredObjects({ key, visibility }: Pick<Placed, 'key' | 'visibility'>): string[] {
  return visibility === 'public' ? Object.values(imageNames(key)) : [key];
}

/** Whether such an object may be there: of a file that is ready what it consists of, of another whatever it could be. */
export function isExpectedObject(file: Placed, name: string): boolean {
  return (file.status === 'ready' ? requiredObjects(file) : objectNames(file.key)).includes(name);
}
