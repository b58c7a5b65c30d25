import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fixedClock } from '#src/clients/clock.ts';
import type { Storage } from '#src/clients/storage.ts';
import { createS3Storage } from '#src/clients/storage-s3.ts';
import { jobHandlers } from '#src/job-handlers.ts';
import { objectNames } from '#src/storage/rules.ts';
import { fetchFile, imageOf, keyPath, pngPart, textPart } from '../support/files.ts';
import { type Asked, ask, confirm, fetchAnywhere, grant, isSent, send } from '../support/grants.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type Brand, createBrand } from '../support/people.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { environmentOf, realS3, startS3rver } from '../support/stores.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';

const s3 = [
  { name: 'S3 in this process', options: await startS3rver(), isReal: false },
  ...[realS3()].flatMap((options) => (options ? [{ name: 'a real S3 server', options, isReal: true }] : [])),
];
const apps = [
  { name: 'disk', test: await startTestApp(), enforces: true, storage: null as Storage | null },
  ...(await Promise.all(
    s3.map(async ({ name, options, isReal }) => {
      const storage = createS3Storage(options);
      await storage.check();
      return { name, test: await startTestApp(environmentOf(options)), enforces: isReal, storage };
    }),
  )),
];

describe.each(apps)('a grant on $name', ({ test, enforces, storage }) => {
  const { sql } = openRows(test.url);
  const brandOf = () => createBrand(test);

  it('lets a file be sent directly, and a confirmation makes it ready', async () => {
    const brand = await brandOf();
    const part = { ...textPart('sent directly'), filename: 'ä/b\\c note.txt' };
    const granted = await grant(test, brand, part);
    expect(granted.key).toMatch(new RegExp(`^tenants/${brand.tenantId}/document/`));
    expect(isSent(await send(test, granted, part.bytes))).toBe(true);
    const hidden = await test.call('GET', `storage/url/${keyPath(granted.key)}`, { token: brand.owner.token });
    expectRefusal(hidden, 404);
    const done = await confirm(test, brand, granted.key);
    expect(done.status, done.text).toBe(200);
    expect(done.body.data.file).toMatchObject({ key: granted.key, status: 'ready', size: 13, name: 'c note.txt' });
    expect(done.body.data.file.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(String(await fetchAnywhere(test, done.body.data.file.url))).toBe('sent directly');
    const again = await confirm(test, brand, granted.key);
    expect(again.status, again.text).toBe(200);
    expect(again.body.data.file.sha256).toBe(done.body.data.file.sha256);
    expect(
      await sql`select 1 from events where type = 'file.uploaded' and data ->> 'key' = ${granted.key}`,
    ).toHaveLength(1);
  });

  it('of a public image: what is confirmed is encoded anew', async () => {
    const brand = await brandOf();
    const part = { filename: 'a.jpg', type: 'image/jpeg', bytes: await imageOf({ as: 'jpeg', exif: true }) };
    const granted = await grant(test, brand, part, 'product');
    expect(isSent(await send(test, granted, part.bytes))).toBe(true);
    const done = await confirm(test, brand, granted.key);
    expect(done.status, done.text).toBe(200);
    const got = await fetchFile(test, done.body.data.file.images.small);
    expect(got.headers['content-type']).toBe('image/webp');
    expect(String(got.bytes)).not.toContain('canary');
    if (storage) expect(await storage.stat(granted.key)).toBeNull();
  });

  it('asks the store nothing', async () => {
    const brand = await brandOf();
    const calls: string[] = [];
    const down = new Proxy(test.deps.storage, {
      get: (target, name) => {
        if (!['grantUpload', 'grantDownload'].includes(String(name))) calls.push(String(name));
        return Reflect.get(target, name);
      },
    });
    const { storage: real } = test.deps;
    test.deps.storage = down;
    await grant(test, brand, textPart());
    test.deps.storage = real;
    expect(calls).toEqual([]);
  });

  it('refuses what could never be confirmed', async () => {
    const brand = await brandOf();
    const png = { purpose: 'product', filename: 'a.png', contentType: 'image/png', size: 10 };
    const refused: [Partial<Asked>, number, string][] = [
      [{ size: 15 * 1024 ** 2 + 1 }, 413, 'PAYLOAD_TOO_LARGE'],
      [{ size: 0 }, 400, 'VALIDATION_ERROR'],
      [{ size: -1 }, 400, 'VALIDATION_ERROR'],
      [{ size: 1.5 }, 400, 'VALIDATION_ERROR'],
      [{ size: 2 ** 60 }, 400, 'VALIDATION_ERROR'],
      [{ contentType: 'image/svg+xml' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [{ contentType: 'text/html' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      [{ contentType: 'image/png\r\nx: y' }, 400, 'VALIDATION_ERROR'],
      [{ purpose: 'banner' }, 400, 'VALIDATION_ERROR'],
      [{ purpose: 'document', contentType: 'application/pdf', visibility: 'public' }, 400, 'VALIDATION_ERROR'],
    ];
    for (const [change, status, code] of refused) {
      expectRefusal(await ask(test, brand, { ...png, ...change }), status, code);
    }
    expect(await sql`select 1 from files where tenant_id = ${brand.tenantId}`).toEqual([]);
  });

  it('abused: another size', async () => {
    const brand = await brandOf();
    for (const bytes of [randomBytes(11), randomBytes(9)]) {
      const granted = await grant(test, brand, { ...textPart('x'.repeat(10)), filename: 'a.txt' });
      const isTaken = isSent(await send(test, granted, bytes));
      if (enforces) expect(isTaken).toBe(false);
      const answer = await confirm(test, brand, granted.key);
      expectRefusal(answer, 409, isTaken ? 'UPLOAD_REJECTED' : 'UPLOAD_MISSING');
      if (!isTaken) continue;
      expect(answer.body.error.details).toEqual({ reason: 'SIZE_MISMATCH' });
      expectRefusal(await confirm(test, brand, granted.key), 404);
    }
  });

  it('abused: another type, said or real', async () => {
    const brand = await brandOf();
    const png = await pngPart();
    const said = await grant(test, brand, png, 'product');
    const lying = {
      ...said,
      ...(said.fields && { fields: { ...said.fields, 'Content-Type': 'text/html' } }),
      ...(said.headers && { headers: { 'content-type': 'text/html' } }),
    };
    if (enforces) expect(isSent(await send(test, lying, png.bytes))).toBe(false);
    const html = Buffer.from('<script>alert(1)</script>'.padEnd(png.bytes.length));
    expect(isSent(await send(test, said, html))).toBe(true);
    const answer = await confirm(test, brand, said.key);
    expectRefusal(answer, 409, 'UPLOAD_REJECTED');
    expect(answer.body.error.details).toEqual({ reason: 'TYPE_MISMATCH' });
    expect(await sql`select 1 from files where tenant_id = ${brand.tenantId}`).toEqual([]);
    expect(await test.deps.storage.stat(said.key)).toBeNull();
  });

  it('abused: another key', async () => {
    const brand = await brandOf();
    const part = textPart();
    const [one, two] = [await grant(test, brand, part), await grant(test, brand, part)];
    const swapped = {
      ...one,
      url: one.url.replace(one.key, two.key),
      ...(one.fields && { fields: { ...one.fields, key: two.fields?.['key'] ?? '' } }),
    };
    if (enforces) expect(isSent(await send(test, swapped, part.bytes))).toBe(false);
    if (enforces) expectRefusal(await confirm(test, brand, two.key), 409, 'UPLOAD_MISSING');
  });

  it('abused: a confirmation by somebody else', async () => {
    const [brand, other] = [await brandOf(), await brandOf()];
    const part = textPart();
    const granted = await grant(test, brand, part);
    await send(test, granted, part.bytes);
    const stranger = await quickPerson(test, 'stranger');
    for (const owner of [other.owner, stranger])
      expectRefusal(await confirm(test, { ...brand, owner }, granted.key), 404);
    expect((await confirm(test, brand, granted.key)).status).toBe(200);
    for (const key of [
      '',
      'x',
      '../x',
      `tenants/${brand.tenantId}/document/x.txt`,
      granted.key.replace('.txt', '.html'),
    ]) {
      const answer = await confirm(test, brand, key);
      expectRefusal(answer, key === '' ? 400 : 404);
    }
  });

  it('abused: sent again after the confirmation, the file stays what it was', async () => {
    const brand = await brandOf();
    const part = textPart('first');
    const granted = await grant(test, brand, part);
    await send(test, granted, part.bytes);
    const done = await confirm(test, brand, granted.key);
    expect(done.status, done.text).toBe(200);
    const status = await send(test, granted, Buffer.from('other'));
    if (granted.method === 'PUT') expect(status).toBe(403);
    expect(String(await fetchAnywhere(test, done.body.data.file.url))).toBe('first');
    expect((await confirm(test, brand, granted.key)).body.data.file.sha256).toBe(done.body.data.file.sha256);
    const link = await test.call('GET', `storage/url/${keyPath(granted.key)}`, { token: brand.owner.token });
    expect(String(await fetchAnywhere(test, link.body.data.url))).toBe('first');
  });

  it('that many confirm at once is confirmed once', async () => {
    const brand = await brandOf();
    const part = textPart();
    const granted = await grant(test, brand, part);
    await send(test, granted, part.bytes);
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(test, brand, granted.key)));
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expectRefusal(answer, 409, 'UPLOAD_BEING_CHECKED');
    }
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect((await confirm(test, brand, granted.key)).status).toBe(200);
    expect(
      await sql`select 1 from events where type = 'file.uploaded' and data ->> 'key' = ${granted.key}`,
    ).toHaveLength(1);
    await checkInvariants(sql);
  });

  /** Does this once, when the confirmation of a picture has looked at it and begins to keep what is shown. */
  async function confirmMeanwhile(brand: Brand, key: string, meanwhile: () => Promise<unknown>): Promise<Answer> {
    const real = test.deps.storage;
    let isDone = false;
    test.deps.storage = {
      ...real,
      put: async (...args) => {
        if (!isDone) {
          isDone = true;
          await meanwhile();
        }
        return real.put(...args);
      },
    };
    return confirm(test, brand, key).finally(() => {
      test.deps.storage = real;
    });
  }

  const pictureOf = async (brand: Brand) => {
    const part = await pngPart();
    const granted = await grant(test, brand, part, 'product');
    await send(test, granted, part.bytes);
    return granted.key;
  };

  async function objectsOf(key: string): Promise<string[]> {
    const found: string[] = [];
    for (const name of objectNames(key)) if (await test.deps.storage.stat(name)) found.push(name);
    return found;
  }

  it('deleted while it is confirmed is gone, with all that was kept of it', async () => {
    const brand = await brandOf();
    const key = await pictureOf(brand);
    const remove = () => test.call('DELETE', `storage/files/${keyPath(key)}`, { token: brand.owner.token });
    const confirmed = await confirmMeanwhile(brand, key, async () => expect((await remove()).status).toBe(200));
    expectRefusal(confirmed, 404);
    expect(await objectsOf(key)).toEqual([]);
    const usage = await test.call('GET', 'storage/usage', { token: brand.owner.token });
    expect(usage.body.data).toMatchObject({ bytes: 0, files: 0 });
    await checkInvariants(sql);
  });

  it('that took too long to confirm leaves what another confirmation has finished', async () => {
    const brand = await brandOf();
    const key = await pictureOf(brand);
    const slow = await confirmMeanwhile(brand, key, async () => {
      await sql`update files set expires_at = now() - interval '1 second' where tenant_id = ${brand.tenantId}`;
      expect((await confirm(test, brand, key)).status).toBe(200);
    });
    expect(slow.status, slow.text).toBe(200);
    expect(await objectsOf(key)).toHaveLength(3);
    const shown = await test.call('GET', `storage/url/${keyPath(key)}`, { token: brand.owner.token });
    expect(shown.status).toBe(200);
    expect(await sql`select 1 from events where type = 'file.uploaded' and data ->> 'key' = ${key}`).toHaveLength(1);
    await checkInvariants(sql);
  });

  it('that nobody confirms is given up, with its room', async () => {
    const brand = await brandOf();
    const part = textPart();
    const granted = await grant(test, brand, part);
    await send(test, granted, part.bytes);
    const purge = (minutes: number) =>
      jobHandlers({ ...test.deps, clock: fixedClock(new Date(Date.now() + minutes * 60_000)) }).purge({});
    await purge(70);
    expect(await sql`select 1 from files where tenant_id = ${brand.tenantId}`).toHaveLength(1);
    await purge(80);
    expect(await sql`select 1 from files where tenant_id = ${brand.tenantId}`).toEqual([]);
    expect(await test.deps.storage.stat(`incoming/${granted.key}`)).toBeNull();
    expectRefusal(await confirm(test, brand, granted.key), 404);
    const usage = await test.call('GET', 'storage/usage', { token: brand.owner.token });
    expect(usage.body.data).toMatchObject({ bytes: 0, files: 0 });
    await checkInvariants(sql);
  });
});
