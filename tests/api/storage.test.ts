import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fetchFile, imageOf, keyPath, pngPart, textPart, upload } from '../support/files.ts';
import { makeApiKey } from '../support/idempotent.ts';
import { createBrand } from '../support/people.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const brand = await createBrand(test);
const { tenantId, owner } = brand;
const admin = await quickMember(test, tenantId, 'admin');
const staff = await quickMember(test, tenantId, 'staff');
const stranger = await quickPerson(test, 'stranger');
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('an upload', () => {
  it('of a document answers what was sent, and gives it back', async () => {
    const file = textPart('Grüße aus Leith');
    const answer = await upload(test, owner, { fields: { tenantId, purpose: 'document' }, file });
    expect(answer.status, answer.text).toBe(201);
    const made = answer.body.data.file;
    expect(made).toMatchObject({
      ...{ tenantId, ownerId: owner.userId, purpose: 'document', visibility: 'private', name: 'note.txt' },
      ...{
        contentType: 'text/plain',
        size: file.bytes.length,
        sha256: sha256(file.bytes),
        status: 'ready',
        images: null,
      },
    });
    expect(made.key).toMatch(new RegExp(`^tenants/${tenantId}/document/[0-9a-f-]{36}\\.txt$`));
    const link = await test.call('GET', `storage/url/${keyPath(made.key)}`, { token: staff.token });
    expect(link.status, link.text).toBe(200);
    for (const url of [made.url, link.body.data.url]) {
      const got = await fetchFile(test, url);
      expect(got.status).toBe(200);
      expect(got.bytes).toEqual(file.bytes);
      expect(got.headers).toMatchObject({
        'content-type': 'text/plain',
        'x-content-type-options': 'nosniff',
        'cache-control': 'private, no-store',
      });
      expect(got.headers['content-disposition']).toMatch(/^attachment; filename="note.txt"/);
    }
  });
  it('of an image shows it anew', async () => {
    const file = {
      filename: 'a.jpg',
      type: 'image/jpeg',
      bytes: await imageOf({ width: 2000, height: 1000, exif: true, as: 'jpeg' }),
    };
    expect(String(file.bytes)).toContain('canary-owner');
    const answer = await upload(test, admin, { fields: { purpose: 'product' }, file, fileFirst: true });
    expect(answer.status, answer.text).toBe(201);
    const made = answer.body.data.file;
    expect(made).toMatchObject({ tenantId, visibility: 'public', contentType: 'image/jpeg', size: file.bytes.length });
    for (const [name, width] of [
      ['small', 160],
      ['medium', 480],
      ['large', 1200],
    ] as const) {
      const got = await fetchFile(test, made.images[name]);
      expect(got.status).toBe(200);
      expect(await sharp(got.bytes).metadata()).toMatchObject({ format: 'webp', width });
      expect(String(got.bytes)).not.toContain('canary');
    }
  });
});
void [keyPath, pngPart, makeApiKey, stranger, expectRefusal];
