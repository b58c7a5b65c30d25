import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { fetchFile, imageOf, keyPath, pngPart, textPart, upload } from '../support/files.ts';
import { makeApiKey } from '../support/idempotent.ts';
import { createBrand } from '../support/people.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const brand = await createBrand(test);
const { tenantId, owner } = brand;
const admin = await quickMember(test, tenantId, 'admin');
const staff = await quickMember(test, tenantId, 'staff');
const stranger = await quickPerson(test, 'stranger');
const member = await quickPerson(test, 'member');
const other = await createBrand(test);
const { sql } = openRows(test.url);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const tier = { name: 'Basic', code: 'basic', rank: 0 };
await test.call('POST', `memberships/tenant/${tenantId}/tiers`, { token: owner.token, body: tier });
const joined = await test.call('POST', `tenants/${tenantId}/membership/join`, { token: member.token });
expect(joined.status, joined.text).toBe(201);
type Who = { token?: string };
const send =
  (who: Who, purpose: string, more: object = {}) =>
  async (file = textPart()) =>
    upload(test, who as never, { fields: { tenantId, purpose, ...more }, file });
const document = (who: Who, text?: string) => send(who, 'document')(textPart(text));
const made = async (answering: Promise<any>) => {
  const answer = await answering;
  expect(answer.status, answer.text).toBe(201);
  return answer.body.data.file;
};

describe('an upload', () => {
  it('of a document answers what was sent, and gives it back', async () => {
    const file = textPart('Grüße aus Leith');
    const shown = await made(send(owner, 'document')(file));
    expect(shown).toMatchObject({
      ...{ tenantId, ownerId: owner.userId, purpose: 'document', visibility: 'private', name: 'note.txt' },
      ...{ contentType: 'text/plain', size: file.bytes.length, sha256: sha256(file.bytes), status: 'ready' },
      images: null,
    });
    expect(shown.key).toMatch(new RegExp(`^tenants/${tenantId}/document/[0-9a-f-]{36}\\.txt$`));
    const link = await test.call('GET', `storage/url/${keyPath(shown.key)}`, { token: staff.token });
    expect(link.status, link.text).toBe(200);
    for (const url of [shown.url, link.body.data.url]) {
      const got = await fetchFile(test, url);
      expect([got.status, String(got.bytes)]).toEqual([200, 'Grüße aus Leith']);
      expect(got.headers).toMatchObject({
        'content-type': 'text/plain',
        'x-content-type-options': 'nosniff',
        'cache-control': 'private, no-store',
      });
      expect(got.headers['content-disposition']).toMatch(/^attachment; filename="note.txt"/);
    }
  });

  it.each([
    { fileFirst: false, fields: { tenantId, purpose: 'product' } as Record<string, string> },
    { fileFirst: true, fields: { tenantId, purpose: 'product' } },
    { fileFirst: true, fields: { purpose: 'product' } },
  ])('of an image shows it anew in three sizes, without what the camera wrote: %j', async (form) => {
    const bytes = await imageOf({ width: 2000, height: 1000, exif: true, as: 'jpeg' });
    expect(String(bytes)).toContain('canary-owner');
    const file = { filename: 'a.jpg', type: 'image/jpeg', bytes };
    const shown = await made(upload(test, admin, { ...form, file }));
    expect(shown).toMatchObject({ tenantId, visibility: 'public', contentType: 'image/jpeg', size: bytes.length });
    expect(shown.url).toBe(shown.images.large);
    for (const [name, width] of Object.entries({ small: 160, medium: 480, large: 1200 })) {
      const got = await fetchFile(test, shown.images[name]);
      expect(got.headers).toMatchObject({
        'content-type': 'image/webp',
        'cache-control': 'public, max-age=31536000, immutable',
      });
      expect(await sharp(got.bytes).metadata()).toMatchObject({ format: 'webp', width });
      expect((await sharp(got.bytes).metadata()).exif).toBeUndefined();
      expect(String(got.bytes)).not.toContain('canary');
    }
    // The original, which tells where it was taken, is not kept.
    expect(await test.deps.storage.stat(shown.key)).toBeNull();
    expect((await fetchFile(test, `http://x/files/${shown.key}`)).status).toBe(404);
  });

  it('of an avatar is the person’s own, without a brand', async () => {
    const shown = await made(upload(test, stranger, { fields: { purpose: 'avatar' }, file: await pngPart() }));
    expect(shown).toMatchObject({ tenantId: null, ownerId: stranger.userId, visibility: 'public' });
    expect(shown.key).toMatch(new RegExp(`^users/${stranger.userId}/avatar/`));
  });

  it('of nothing is a document of 0 bytes, but no image', async () => {
    const empty = { filename: 'empty.txt', type: 'text/plain', bytes: Buffer.alloc(0) };
    const shown = await made(send(owner, 'document')(empty));
    expect(shown).toMatchObject({ size: 0, sha256: sha256(Buffer.alloc(0)) });
    expect((await fetchFile(test, shown.url)).bytes).toHaveLength(0);
    expectRefusal(await send(owner, 'product')({ ...empty, type: 'image/png' }), 415);
  });

  it('takes the brand of the header, and the only one of the team', async () => {
    const file = textPart();
    const named = { token: owner.token, headers: { 'x-tenant-id': tenantId } };
    expect((await made(upload(test, named, { fields: { purpose: 'document' }, file }))).tenantId).toBe(tenantId);
    expect((await made(upload(test, staff, { fields: { purpose: 'document' }, file }))).tenantId).toBe(tenantId);
    expectRefusal(await upload(test, stranger, { fields: { purpose: 'document' }, file }), 400, 'TENANT_REQUIRED');
  });

  it('is told of by an event of the brand, without an address that opens it', async () => {
    const { key } = await made(document(owner));
    const [event] = await sql`select data from events where type = 'file.uploaded' and data ->> 'key' = ${key}`;
    expect(event?.['data']).toMatchObject({ key, status: 'ready', purpose: 'document' });
    expect(event?.['data'].url).toMatch(/\/api\/v1\/storage\/url\/tenants%2F/);
  });
});

describe('who may send', () => {
  it.each([
    { purpose: 'logo', can: ['owner', 'admin'], not: { staff: 403, member: 404, stranger: 404 } },
    { purpose: 'product', can: ['owner', 'admin'], not: { staff: 403, member: 404, stranger: 404 } },
    { purpose: 'document', can: ['owner', 'admin', 'staff'], not: { member: 404, stranger: 404 } },
    { purpose: 'proof', can: ['owner', 'staff', 'member'], not: { stranger: 403 } },
    { purpose: 'avatar', can: ['owner', 'staff', 'member'], not: { stranger: 403 } },
  ])('a $purpose: $can', async ({ purpose, can, not }) => {
    const people = { owner, admin, staff, member, stranger };
    const file = purpose === 'document' ? textPart() : await pngPart();
    for (const name of can) await made(send(people[name as 'owner'], purpose)(file));
    for (const [name, status] of Object.entries(not)) {
      expectRefusal(await send(people[name as 'owner'], purpose)(file), status);
    }
    expectRefusal(await send({}, purpose)(file), 401);
  });

  it('a key of the brand: what is the brand’s', async () => {
    const { key } = await makeApiKey(test, brand);
    const who = { token: key };
    expect(await made(document(who))).toMatchObject({ tenantId, ownerId: null });
    expectRefusal(await send(who, 'avatar')(await pngPart()), 403, 'FORBIDDEN');
    const elsewhere = upload(test, who, {
      fields: { tenantId: other.tenantId, purpose: 'document' },
      file: textPart(),
    });
    expectRefusal(await elsewhere, 404);
    const readOnly = await makeApiKey(test, brand, ['read']);
    expectRefusal(await document({ token: readOnly.key }), 403, 'INSUFFICIENT_SCOPE');
  });

  it('nobody to a brand that is not there or suspended', async () => {
    const missing = { tenantId: newId(), purpose: 'document' };
    expectRefusal(await upload(test, owner, { fields: missing, file: textPart() }), 404);
    const gone = await createBrand(test);
    await sql`update tenants set status = 'suspended' where id = ${gone.tenantId}`;
    const fields = { tenantId: gone.tenantId, purpose: 'document' };
    expectRefusal(await upload(test, gone.owner, { fields, file: textPart() }), 403, 'TENANT_SUSPENDED');
    expectRefusal(await upload(test, stranger, { fields, file: textPart() }), 404);
  });
});

describe('who may see', () => {
  it('a private file: its owner and the brand’s staff; for all others there is none', async () => {
    const { key } = await made(send(member, 'proof')(await pngPart()));
    const path = `storage/url/${keyPath(key)}`;
    for (const who of [member, owner, admin, staff]) {
      expect((await test.call('GET', path, { token: who.token })).status).toBe(200);
    }
    const nothing = await test.call('GET', `storage/url/${keyPath(key.replace(/[0-9a-f]{4}\./, '0000.'))}`, {
      token: stranger.token,
    });
    for (const who of [stranger, other.owner]) {
      const answer = await test.call('GET', path, { token: who.token });
      expectRefusal(answer, 404);
      expect(comparable(answer)).toEqual(comparable(nothing));
      expectRefusal(await test.call('DELETE', `storage/files/${keyPath(key)}`, { token: who.token }), 404);
      expectRefusal(await test.call('POST', 'storage/confirm', { token: who.token, body: { key } }), 404);
    }
    const foreign = await makeApiKey(test, other);
    expectRefusal(await test.call('GET', path, { token: foreign.key }), 404);
    expectRefusal(await test.call('GET', path), 401);
  });

  it('a URL: whoever has it, until it ends, and for just that file', async () => {
    const { url, key } = await made(document(owner, 'secret'));
    expect((await fetchFile(test, url)).status).toBe(200);
    const later = { 'x-test-clock': new Date(Date.now() + 301_000).toISOString() };
    expect((await fetchFile(test, url, later)).status).toBe(404);
    const another = (await made(document(owner))).key;
    const parsed = new URL(url);
    const changed = [
      url.replace(key, another),
      url.replace(key, `incoming/${key}`),
      url.replace(/expires=\d+/, 'expires=9999999999999'),
      url.replace('attachment', 'inline'),
      url.replace('text%2Fplain', 'text%2Fhtml'),
      url.replace(/signature=./, 'signature=A'),
      `${url}&signature=x`,
      `${parsed.origin}${parsed.pathname}?signature=`,
      `${parsed.origin}${parsed.pathname}`,
    ];
    for (const one of changed.filter((text) => text !== url))
      expect((await fetchFile(test, one)).status, one).toBe(404);
    const put = { method: 'PUT' as const, url: `${parsed.pathname}${parsed.search}`, payload: 'x' };
    expect((await test.app.inject(put)).statusCode).toBe(403);
  });

  it('a list: one’s own, newest first; a brand’s for its staff', async () => {
    const [first, second] = [
      await made(send(member, 'proof')(await pngPart())),
      await made(send(member, 'proof')(await pngPart())),
    ];
    const mine = await test.call('GET', 'storage/files?limit=2', { token: member.token });
    expect(mine.body.data.map(({ key }: any) => key)).toEqual([second.key, first.key]);
    const list = `storage/files?tenantId=${tenantId}`;
    for (const who of [owner, staff]) {
      const all = await test.call('GET', `${list}&purpose=proof`, { token: who.token });
      expect(all.body.data.map(({ key }: any) => key)).toEqual(expect.arrayContaining([first.key, second.key]));
      expect(new Set(all.body.data.map(({ purpose }: any) => purpose))).toEqual(new Set(['proof']));
    }
    for (const who of [member, stranger, other.owner]) {
      expectRefusal(await test.call('GET', list, { token: who.token }), 404);
    }
    const { key } = await makeApiKey(test, brand, ['read']);
    expect((await test.call('GET', 'storage/files?limit=1', { token: key })).body.data[0].tenantId).toBe(tenantId);
    expectRefusal(await test.call('GET', `storage/files?tenantId=${other.tenantId}`, { token: key }), 404);
  });

  it('ranges and copies', async () => {
    const { url } = await made(document(owner, '0123456789'));
    const part = async (range: string) => {
      const { status, bytes, headers } = await fetchFile(test, url, { range });
      return [status, String(bytes), headers['content-range']];
    };
    expect(await part('bytes=2-4')).toEqual([206, '234', 'bytes 2-4/10']);
    expect(await part('bytes=7-')).toEqual([206, '789', 'bytes 7-9/10']);
    expect(await part('bytes=-2')).toEqual([206, '89', 'bytes 8-9/10']);
    expect(await part('bytes=0-99')).toEqual([206, '0123456789', 'bytes 0-9/10']);
    expect((await part('bytes=10-'))[0]).toBe(416);
    const whole = await fetchFile(test, url);
    const since = async (tag: string) => (await fetchFile(test, url, { range: 'bytes=2-4', 'if-range': tag })).status;
    expect([await since(String(whole.headers['etag'])), await since('"another"')]).toEqual([206, 200]);
    for (const odd of ['bytes=4-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=-', 'bytes=a-b']) {
      expect((await part(odd))[0], odd).toBe(200);
    }
    const shown = await made(send(owner, 'product')(await pngPart()));
    const { headers } = await fetchFile(test, shown.url);
    for (const tag of [String(headers['etag']), `"other", W/${headers['etag']}`, '*']) {
      expect((await fetchFile(test, shown.url, { 'if-none-match': tag })).status, tag).toBe(304);
    }
  });

  it('of HEAD without a look at the bytes', async () => {
    const { url } = await made(document(owner, '0123456789'));
    const { pathname, search } = new URL(url);
    const real = test.deps.storage;
    test.deps.storage = { ...real, read: () => Promise.reject(new Error('read')) };
    const head = (headers: Record<string, string> = {}) =>
      test.app.inject({ method: 'HEAD', url: `${pathname}${search}`, headers });
    const { statusCode, headers, rawPayload } = await head();
    expect([statusCode, headers['content-length'], rawPayload.length]).toEqual([200, '10', 0]);
    expect((await head({ 'if-none-match': String(headers['etag']) })).statusCode).toBe(304);
    expect((await head({ range: 'bytes=2-4' })).headers['content-length']).toBe('3');
    test.deps.storage = real;
  });
});

describe('deletion', () => {
  it('takes the file, its room and its addresses', async () => {
    const mine = await createBrand(test);
    const fields = { tenantId: mine.tenantId, purpose: 'product' };
    const shown = await made(upload(test, mine.owner, { fields, file: await pngPart() }));
    const usage = () => test.call('GET', 'storage/usage', { token: mine.owner.token });
    const before = (await usage()).body.data;
    expect(before).toMatchObject({ files: 1, quotaBytes: 5 * 1024 ** 3 });
    expect(before.bytes).toBeGreaterThan(0);
    const path = `storage/files/${keyPath(shown.key)}`;
    const gone = await test.call('DELETE', path, { token: mine.owner.token });
    expect(gone.body.data).toEqual({ key: shown.key, deleted: true });
    expectRefusal(await test.call('DELETE', path, { token: mine.owner.token }), 404);
    expect((await fetchFile(test, shown.url)).status).toBe(404);
    expect((await usage()).body.data).toMatchObject({ files: 0, bytes: 0 });
    expect(await sql`select 1 from files where tenant_id = ${mine.tenantId}`).toEqual([]);
    const audit = await test.call('GET', `tenants/${mine.tenantId}/audit`, { token: mine.owner.token });
    const actions = audit.body.data.map(({ action }: any) => action);
    expect(actions).toEqual(expect.arrayContaining(['file.uploaded', 'file.deleted']));
  });

  it('is for those who may send such files', async () => {
    const picture = await made(send(admin, 'product')(await pngPart()));
    const path = `storage/files/${keyPath(picture.key)}`;
    expectRefusal(await test.call('DELETE', path, { token: staff.token }), 403);
    for (const who of [member, stranger]) expectRefusal(await test.call('DELETE', path, { token: who.token }), 404);
    expect((await test.call('DELETE', path, { token: owner.token })).status).toBe(200);
    const proof = await made(send(member, 'proof')(await pngPart()));
    expect((await test.call('DELETE', `storage/files/${keyPath(proof.key)}`, { token: member.token })).status).toBe(
      200,
    );
  });
});
