import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { bodyParts } from '#src/clients/body-parts.ts';
import { chooseRange, dispositionOf, showableName } from '#src/lib/downloads.ts';
import { newId } from '#src/lib/ids.ts';
import { looksLikeText, plainType } from '#src/lib/media-types.ts';
import { meterStream } from '#src/lib/metered-stream.ts';
import {
  countersOf,
  decideType,
  imageNames,
  isExpectedObject,
  keyOf,
  limitsOf,
  objectOwner,
  parseKey,
} from '#src/storage/rules.ts';

const [tenantId, id, ownerId] = [newId(), newId(), newId()];

describe('the type of a file', () => {
  const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
  it.each([
    ['document', 'application/pdf', 'application/pdf', false, 'application/pdf'],
    ['document', 'application/octet-stream', 'application/pdf', false, 'application/pdf'],
    ['document', 'application/octet-stream', 'application/x-msdownload', false, 'application/octet-stream'],
    ['document', 'application/octet-stream', null, false, 'application/octet-stream'],
    ['document', '', null, true, 'application/octet-stream'],
    ['document', 'text/plain; charset=utf-8', null, true, 'text/plain'],
    ['document', 'text/plain', null, false, null],
    ['document', 'image/svg+xml', 'application/xml', true, 'image/svg+xml'],
    ['document', 'application/pdf', null, true, null],
    ['document', docx, 'application/zip', false, docx],
    ['document', docx, 'image/png', false, null],
    ['document', 'application/msword', 'application/x-cfb', false, 'application/msword'],
    ['product', 'image/jpg', 'image/jpeg', false, 'image/jpeg'],
    ['product', 'application/octet-stream', 'image/png', false, 'image/png'],
    ['product', 'image/png', 'image/jpeg', false, null],
    ['product', 'image/tiff', 'image/tiff', false, null],
    ['product', 'application/pdf', 'application/pdf', false, null],
    ['proof', 'application/pdf', 'application/pdf', false, 'application/pdf'],
    ['proof', 'text/plain', null, true, null],
  ] as const)('%s sent as %j, by its bytes %j (text: %s): %j', (purpose, declared, detected, isText, expected) => {
    const decision = decideType({ purpose, declared, detected, isText });
    expect(decision.ok ? decision.contentType : null).toBe(expected);
  });

  it('is text while nothing in it is a control character', () => {
    expect(looksLikeText(Buffer.from('Grüße\t\r\n'))).toBe(true);
    expect(looksLikeText(Buffer.alloc(0))).toBe(true);
    for (const byte of [0, 1, 8, 14, 31]) expect(looksLikeText(Buffer.from([65, byte]))).toBe(false);
    expect(plainType('Text/HTML ; charset=x')).toBe('text/html');
  });
});

describe('a key', () => {
  it.each([
    [false, 'tenants'],
    [true, 'users'],
  ])('is made of ids alone, and read again (personal: %s)', (isPersonal, folder) => {
    const key = keyOf({ tenantId, isPersonal, purpose: 'product', id }, 'image/png');
    expect(key).toBe(`${folder}/${tenantId}/product/${id}.png`);
    expect(parseKey(key)).toEqual({ tenantId, fileId: id });
    for (const name of [key, `incoming/${key}`, ...Object.values(imageNames(key))]) {
      expect(objectOwner(name), name).toEqual({ tenantId, fileId: id });
    }
  });

  it.each([
    '',
    'x',
    '../x',
    `tenants/${tenantId}/product/${id}`,
    `tenants/${tenantId}/product/${id}.png/x`,
    `/tenants/${tenantId}/product/${id}.png`,
    `tenants/${tenantId.toUpperCase()}/product/${id}.png`,
    `tenants/${tenantId}/product/${id}.png\n`,
  ])('%j names nothing', (key) => expect(parseKey(key)).toBeNull());

  it('has the objects of its state, and no others', () => {
    const key = keyOf({ tenantId, isPersonal: false, purpose: 'product', id }, 'image/png');
    const { small } = imageNames(key);
    const is = (status: 'pending' | 'ready', visibility: 'public' | 'private', name: string) =>
      isExpectedObject({ key, status, visibility }, name);
    expect([
      is('ready', 'public', small),
      is('ready', 'public', key),
      is('ready', 'public', `incoming/${key}`),
    ]).toEqual([true, false, false]);
    expect([is('ready', 'private', key), is('ready', 'private', small)]).toEqual([true, false]);
    expect([is('pending', 'public', key), is('pending', 'public', `incoming/${key}`)]).toEqual([true, true]);
  });
});

describe('room', () => {
  const quotaBytes = 1000;
  it('is counted in all, by purpose, and by person where each has a number', () => {
    const proof = { tenantId, ownerId, purpose: 'proof' } as const;
    const counters = countersOf(proof);
    expect(counters.map(({ purpose, holderId }) => [purpose, holderId])).toEqual([
      ['all', tenantId],
      ['proof', tenantId],
      ['proof', ownerId],
    ]);
    expect(counters.map((one) => limitsOf(one, { ...proof, quotaBytes }).maxFiles < 1e6)).toEqual([false, false, true]);
    expect(counters.map((one) => limitsOf(one, { ...proof, quotaBytes }).maxBytes === quotaBytes)).toEqual([
      true,
      false,
      false,
    ]);
    expect(countersOf({ tenantId: ownerId, ownerId, purpose: 'avatar' })).toHaveLength(2);
    expect(countersOf({ tenantId, ownerId, purpose: 'product' })).toHaveLength(2);
  });
});

describe('a name', () => {
  it.each([
    ['a/b\\c.txt', 'c.txt'],
    ['../../etc/passwd', 'passwd'],
    ['\u202Egnp.exe', 'gnp.exe'],
    ['  . a  b . ', 'a b'],
    ['\u0000\u0007', 'file'],
    ['..', 'file'],
    ['\ud800x', 'x'],
    ['ä'.normalize('NFD'), 'ä'],
    ['x'.repeat(500), 'x'.repeat(150)],
  ])('%j is shown as %j', (given, shown) => expect(showableName(given)).toBe(shown));

  it('of a download stands in a header', () => {
    expect(dispositionOf({ contentType: 'image/png', name: 'a b.png' })).toBe('inline; filename="a b.png"');
    expect(dispositionOf({ contentType: 'text/html', name: '"ä\'.html' })).toBe(
      `attachment; filename="__'.html"; filename*=UTF-8''%22%C3%A4%27.html`,
    );
    expect(dispositionOf({ contentType: 'image/svg+xml', name: 'a.svg' })).toMatch(/^attachment/);
  });
});

it.each([
  ['bytes=0-4', { start: 0, end: 4 }],
  ['bytes=5-', { start: 5, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-30', { start: 0, end: 9 }],
  ['bytes=9-100', { start: 9, end: 9 }],
  ['bytes=10-', 'none'],
  ['bytes=-0', 'none'],
  ['bytes=4-2', null],
  ['bytes=-', null],
  ['bytes=0-1,2-3', null],
  [undefined, null],
])('the range %j of ten bytes is %j', (header, range) => expect(chooseRange(header, 10)).toEqual(range));

describe('parts', () => {
  it.each([0, 1, 9, 10, 11, 20, 35])('of %d bytes are whole, and the last one is known', async (size) => {
    const bytes = Buffer.from(Array.from({ length: size }, (_, index) => index));
    const pieces = Array.from({ length: Math.ceil(size / 3) }, (_, index) => bytes.subarray(index * 3, index * 3 + 3));
    const parts: { bytes: Buffer; isLast: boolean }[] = [];
    for await (const part of bodyParts(Readable.from(pieces), 10))
      parts.push({ ...part, bytes: Buffer.from(part.bytes) });
    expect(Buffer.concat(parts.map((part) => part.bytes))).toEqual(bytes);
    expect(parts.map(({ isLast }) => isLast)).toEqual(parts.map((_, index) => index === parts.length - 1));
    expect(parts.slice(0, -1).every((part) => part.bytes.length === 10)).toBe(true);
  });
});

describe('a meter', () => {
  it('counts, hashes, and shows the first bytes before the rest is read', async () => {
    const metered = meterStream(Readable.from([Buffer.alloc(5_000, 'a'), Buffer.alloc(5_000, 'b')]));
    expect(await metered.head()).toEqual(Buffer.alloc(4_100, 'a'));
    expect(await buffer(metered.bytes)).toHaveLength(10_000);
    expect(metered.content()).toMatchObject({ size: 10_000, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('fails with the error that is asked for, and leaves its source to whoever drains it', async () => {
    const source = Readable.from([Buffer.alloc(10), Buffer.alloc(10), Buffer.alloc(10)]);
    const metered = meterStream(source);
    metered.limit(15, () => new Error('too much'));
    await expect(buffer(metered.bytes)).rejects.toThrow('too much');
    expect(source.destroyed).toBe(false);
    source.resume();
    await once(source, 'end');
  });

  it('tells which chunks are done with: those before the one that is read', async () => {
    const source = ['a', 'b', 'c'].map((letter) => Buffer.alloc(3_000, letter));
    const done: string[] = [];
    const metered = meterStream(Readable.from(source), {
      onDone: (chunk) => done.push(chunk.toString('latin1', 0, 1)),
    });
    expect((await metered.head()).length).toBe(4_100);
    expect(done).toEqual([]);
    const seen: string[][] = [];
    for await (const _chunk of metered.bytes) seen.push([...done]);
    expect(seen).toEqual([[], ['a'], ['a', 'b']]);
  });

  it.each(['before', 'after'])('tells what a source means that breaks off %s it is read', async (when) => {
    const source = new Readable({ read() {} });
    if (when === 'before') source.on('error', () => {}).destroy(new Error('gone'));
    await new Promise((resolve) => setImmediate(resolve));
    const metered = meterStream(source, { broken: (cause) => new Error('broken off', { cause }) });
    if (when === 'after') setImmediate(() => source.destroy());
    await expect(buffer(metered.bytes)).rejects.toThrow('broken off');
    await expect(metered.head()).rejects.toThrow();
  });
});
