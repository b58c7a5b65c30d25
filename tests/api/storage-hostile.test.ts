import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchFile, imageOf, type Part, pngPart, textPart, upload } from '../support/files.ts';
import { HOSTILE_STRINGS } from '../support/hostile.ts';
import { checkInvariants } from '../support/invariants.ts';
import { createBrand } from '../support/people.ts';
import { envelopeFault, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { tenantId, owner } = await createBrand(test);
const { sql } = openRows(test.url);
const folder = join(test.deps.config.DATA_DIR, 'storage');

async function objects(): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}
const rowsOf = () => sql`select id, status, stored_bytes from files order by id`;

let before: { objects: string[]; rows: unknown };
beforeEach(async () => {
  before = { objects: await objects(), rows: await rowsOf() };
});
afterEach(() => checkInvariants(sql));

async function expectNothingLeft(): Promise<void> {
  expect(await objects()).toEqual(before.objects);
  expect(await rowsOf()).toEqual(before.rows);
}

const send = (file: Part, fields: Record<string, string> = {}, fileFirst = false) =>
  upload(test, owner, { fields: { tenantId, purpose: 'document', ...fields }, file, fileFirst });

describe('names', () => {
  const separators = [
    '../x',
    '..\\x',
    '/etc/passwd',
    'C:\\x.exe',
    'a/b/c.txt',
    '....//x',
    '%2e%2e%2fx',
    'x\u2215y',
    '.',
    '..',
    '...',
    ' ',
  ];
  const unicode = [
    '\u202Egnp.exe',
    '\u200B',
    'ä'.normalize('NFD'),
    '\uFEFFa',
    '😀.txt',
    'ﬁle',
    '１',
    '\u0085',
    'e\u0301',
    'ｅ',
  ];

  it.each([...new Set([...separators, ...unicode, ...HOSTILE_STRINGS])].filter((one) => one.length < 1000))(
    '%j are only shown, and cleaned',
    async (name) => {
      const quoted = name.replace(
        /["\r\n\\]/g,
        (letter) => ({ '"': '%22', '\r': '%0D', '\n': '%0A' })[letter] ?? letter,
      );
      const answer = await send({ ...textPart(), filename: quoted });
      // Bytes that cannot stand in a header are no form.
      if (answer.status === 400) return expect(envelopeFault(answer)).toBeNull();
      expect(answer.status, answer.text).toBe(201);
      const { name: shown, key, url } = answer.body.data.file;
      expect(key).toMatch(/^tenants\/[0-9a-f-]{36}\/document\/[0-9a-f-]{36}\.txt$/);
      expect(shown).not.toMatch(/[/\\\p{C}]/u);
      expect(shown.length).toBeGreaterThan(0);
      const got = await fetchFile(test, url);
      expect(got.status).toBe(200);
      expect(got.headers['content-disposition']).toMatch(
        /^attachment; filename="[\x20-\x7e]*"(; filename\*=UTF-8''[\w.~!$&+^`|%-]+)?$/,
      );
    },
  );

  it.each(separators.filter((one) => one.trim() !== ''))('%j in a grant: the key is ours', async (filename) => {
    const body = { tenantId, purpose: 'document', filename, contentType: 'text/plain', size: 3 };
    const answer = await test.call('POST', 'storage/presigned-url', { token: owner.token, body });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body.data.key).toMatch(/^tenants\/[0-9a-f-]{36}\/document\/[0-9a-f-]{36}\.txt$/);
  });

  it.each([
    '../../x',
    '..%2f..%2fx',
    '%2e%2e/x',
    'public/../x',
    '/x',
    'tenants//x',
    '.unfinished/x',
    '\u0000',
    'a'.repeat(250),
  ])('%j in a path finds nothing', async (name) => {
    for (const path of [`/files/${encodeURI(name)}`, `/files/${encodeURIComponent(name)}`]) {
      const answer = await test.app.inject({ method: 'GET', url: path });
      expect([400, 404], `${path} ${answer.body}`).toContain(answer.statusCode);
    }
    for (const method of ['GET', 'DELETE']) {
      const path = method === 'GET' ? 'storage/url' : 'storage/files';
      expectRefusal(await test.call(method, `${path}/${encodeURIComponent(name)}`, { token: owner.token }), 404);
    }
  });
});

const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
const html = Buffer.from('<!doctype html><script>alert(1)</script>');
const pdf = Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n<script>alert(1)</script>');
const zip = Buffer.from('504b0304140000000000', 'hex');
const exe = Buffer.concat([Buffer.from('MZ'), randomBytes(200)]);

describe('what a file says and is', () => {
  it.each([
    { what: 'SVG as PNG', purpose: 'product', type: 'image/png', bytes: svg },
    { what: 'SVG as SVG, as a logo', purpose: 'logo', type: 'image/svg+xml', bytes: svg },
    { what: 'HTML as JPEG', purpose: 'product', type: 'image/jpeg', bytes: html },
    { what: 'HTML as an avatar', purpose: 'avatar', type: 'text/html', bytes: html },
    { what: 'PDF as PNG', purpose: 'product', type: 'image/png', bytes: pdf },
    { what: 'PNG as PDF', purpose: 'document', type: 'application/pdf', bytes: Buffer.from('89504e470d0a1a0a', 'hex') },
    {
      what: 'PNG as text',
      purpose: 'document',
      type: 'text/plain',
      bytes: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    },
    { what: 'a program as PDF', purpose: 'document', type: 'application/pdf', bytes: exe },
    { what: 'a ZIP as an image', purpose: 'logo', type: 'image/png', bytes: zip },
    { what: 'random bytes as text', purpose: 'document', type: 'text/plain', bytes: Buffer.from([0, 1, 2, 255, 0, 3]) },
    {
      what: 'a type that nobody knows',
      purpose: 'document',
      type: 'application/x-unheard-of',
      bytes: Buffer.from('x'),
    },
    { what: 'nothing as an image', purpose: 'product', type: 'image/png', bytes: Buffer.alloc(0) },
    {
      what: 'the beginning of a PNG',
      purpose: 'product',
      type: 'image/png',
      bytes: Buffer.from('89504e470d0a1a0a', 'hex'),
    },
  ])('$what is refused', async ({ purpose, type, bytes }) => {
    for (const fileFirst of [false, true]) {
      expectRefusal(
        await send({ filename: 'a.png', type, bytes }, { purpose }, fileFirst),
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      );
    }
    await expectNothingLeft();
  });

  it.each([
    { what: 'SVG', type: 'image/svg+xml', bytes: svg },
    { what: 'HTML', type: 'text/html', bytes: html },
    { what: 'PDF that is HTML, too', type: 'application/pdf', bytes: pdf },
    { what: 'a program', type: 'application/octet-stream', bytes: exe },
  ])('$what is a document, and only ever an attachment', async ({ type, bytes }) => {
    const answer = await send({ filename: 'a.html', type, bytes });
    expect(answer.status, answer.text).toBe(201);
    const got = await fetchFile(test, answer.body.data.file.url);
    expect(got.bytes).toEqual(bytes);
    expect(got.headers['content-disposition']).toMatch(/^attachment;/);
    expect(got.headers['x-content-type-options']).toBe('nosniff');
    expect(got.headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('an image that is an archive, too, is only an image when it is shown', async () => {
    const gif = await imageOf({ as: 'gif' });
    const archive = Buffer.concat([zip, Buffer.from('META-INF/MANIFEST.MF canary-jar')]);
    const part = { filename: 'a.gif', type: 'image/gif', bytes: Buffer.concat([gif, archive]) };
    const answer = await send(part, { purpose: 'product' });
    expect(answer.status, answer.text).toBe(201);
    for (const url of Object.values(answer.body.data.file.images) as string[]) {
      const { bytes } = await fetchFile(test, url);
      expect(String(bytes)).not.toContain('canary-jar');
      expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp' });
    }
  });

  it('an image keeps none of its texts, and stands as the camera was held', async () => {
    const bytes = await sharp(await imageOf({ width: 400, height: 100 }))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const answer = await send({ filename: 'a.jpg', type: 'image/jpeg', bytes }, { purpose: 'product' });
    const { bytes: shown } = await fetchFile(test, answer.body.data.file.url);
    expect(await sharp(shown).metadata()).toMatchObject({ width: 100, height: 400 });
  });
});

/** A PNG that says that it is so large, with as little in it as possible. */
function bombOf(width: number, height: number): Buffer {
  const crc = (bytes: Buffer) => {
    let value = ~0;
    for (const byte of bytes) {
      value ^= byte;
      for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    }
    return ~value >>> 0;
  };
  const chunk = (kind: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const lines = deflateSync(Buffer.alloc(Math.min(height * Math.ceil(width / 8 + 1), 60_000_000)));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', lines),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('images that are bombs', () => {
  it.each([
    [20_000, 20_000],
    [100_000, 1_000],
    [1, 60_000_000],
  ])('of %d × %d pixels are refused, without the memory they ask for', async (width, height) => {
    const bytes = bombOf(width, height);
    expect(bytes.length).toBeLessThan(1_000_000);
    const memory = process.memoryUsage.rss();
    const answer = await send({ filename: 'a.png', type: 'image/png', bytes }, { purpose: 'product' });
    expectRefusal(answer, 415, 'UNSUPPORTED_MEDIA_TYPE');
    expect(answer.body.error.details.reason).toBe('IMAGE_UNREADABLE');
    expect(process.memoryUsage.rss() - memory).toBeLessThan(400_000_000);
    await expectNothingLeft();
  });

  it('wait for their turn, and what is too much is told so', async () => {
    const part = await pngPart({ width: 1500, height: 1500 });
    const answers = await Promise.all(Array.from({ length: 45 }, () => send(part, { purpose: 'product' })));
    const told = answers.filter(({ status }) => status !== 201);
    for (const answer of told) expectRefusal(answer, 503, 'SERVICE_UNAVAILABLE');
    expect(answers.length - told.length).toBeGreaterThanOrEqual(32);
  });
});
