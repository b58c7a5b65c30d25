import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS, systemCtx } from '#src/admin-commands.ts';
import { reconcileFiles } from '#src/storage/reconcile-files.ts';
import { fetchFile, keyPath, pngPart, textPart, upload } from '../support/files.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type Brand, createBrand } from '../support/people.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const folder = join(test.deps.config.DATA_DIR, 'storage');

async function keyOf(who: { token: string }, fields: Record<string, string>): Promise<string> {
  const file = fields['purpose'] === 'document' ? textPart() : await pngPart();
  const answer = await upload(test, who, { fields, file });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.data.file.key;
}
const remove = (who: { token: string }, key: string) =>
  test.call('DELETE', `storage/files/${keyPath(key)}`, { token: who.token });
const product = (brand: Brand, body: object) =>
  test.call('POST', 'tenants/brand/products', {
    token: brand.owner.token,
    headers: { 'x-tenant-id': brand.tenantId },
    body: { name: 'Beans', price: { amount: 990, currency: 'EUR' }, status: 'active', ...body },
  });

describe('images of a product', () => {
  it('are shown in their order, and stay while they are', async () => {
    const brand = await createBrand(test);
    const fields = { tenantId: brand.tenantId, purpose: 'product' };
    const [one, two] = [await keyOf(brand.owner, fields), await keyOf(brand.owner, fields)];
    const saved = await product(brand, { externalId: 'a', imageKeys: [two, one, two] });
    expect(saved.status, saved.text).toBe(201);
    expect(saved.body.data.images.map(({ key }: any) => key)).toEqual([two, one, two]);
    const listed = await test.call('GET', `tenants/${brand.tenantId}/products`);
    for (const { small, medium, large } of listed.body.data[0].images) {
      for (const url of [small, medium, large]) expect((await fetchFile(test, url)).status).toBe(200);
    }
    const refused = await remove(brand.owner, one);
    expectRefusal(refused, 409, 'FILE_IN_USE');
    expect(refused.body.error.details.usedBy).toEqual([{ type: 'product', id: saved.body.data.id }]);
    expect((await product(brand, { externalId: 'a', imageKeys: [two] })).status).toBe(200);
    expect((await remove(brand.owner, one)).status).toBe(200);
    expectRefusal(await remove(brand.owner, two), 409, 'FILE_IN_USE');
    // What is not said stays.
    expect((await product(brand, { externalId: 'a', name: 'More beans' })).body.data.imageKeys).toEqual([two]);
    expectRefusal(await remove(brand.owner, two), 409, 'FILE_IN_USE');
    await checkInvariants(sql);
  });

  it('are public ones of the brand, for products, and there', async () => {
    const [brand, other] = [await createBrand(test), await createBrand(test)];
    const { tenantId, owner } = brand;
    const good = await keyOf(owner, { tenantId, purpose: 'product' });
    const bad = [
      await keyOf(owner, { tenantId, purpose: 'logo' }),
      await keyOf(owner, { tenantId, purpose: 'document' }),
      await keyOf(owner, { tenantId, purpose: 'product', visibility: 'private' }),
      await keyOf(other.owner, { tenantId: other.tenantId, purpose: 'product' }),
      await keyOf(owner, { purpose: 'avatar' }),
      good.replace('.png', '.jpg'),
      'https://evil.example/x.png',
      '../x',
    ];
    for (const key of bad) {
      const answer = await product(brand, { imageKeys: [good, key] });
      expectRefusal(answer, 400, 'VALIDATION_ERROR');
      expect(answer.body.error.errors).toMatchObject([{ location: 'body', field: 'imageKeys.1' }]);
    }
    const asked = { tenantId, purpose: 'product', filename: 'a.png', contentType: 'image/png', size: 10 };
    const granted = await test.call('POST', 'storage/presigned-url', { token: owner.token, body: asked });
    expectRefusal(await product(brand, { imageKeys: [granted.body.data.key] }), 400);
    expect(await sql`select 1 from products where tenant_id = ${tenantId}`).toEqual([]);
  });

  it('against their deletion at the same moment: one of the two wins', async () => {
    const brand = await createBrand(test);
    for (let round = 0; round < 15; round += 1) {
      const key = await keyOf(brand.owner, { tenantId: brand.tenantId, purpose: 'product' });
      const [saved, gone] = await Promise.all([product(brand, { imageKeys: [key] }), remove(brand.owner, key)]);
      expect([saved.status, gone.status].sort(), `${saved.text} ${gone.text}`).toEqual(
        saved.status === 201 ? [201, 409] : [200, 400],
      );
    }
    await checkInvariants(sql);
  });
});

describe('a logo', () => {
  it('is shown by the brand, and stays while it is', async () => {
    const brand = await createBrand(test, { logoUrl: 'https://cdn.example.com/old.png' });
    const { tenantId, owner } = brand;
    const change = (body: object) => test.call('PATCH', `tenants/${tenantId}`, { token: owner.token, body });
    const logoKey = await keyOf(owner, { tenantId, purpose: 'logo' });
    const changed = await change({ logoKey });
    expect(changed.status, changed.text).toBe(200);
    const { logoUrl } = (await test.call('GET', `tenants/public/${brand.subdomain}`)).body.data;
    expect(changed.body.data).toMatchObject({ logoKey, logoUrl });
    expect((await fetchFile(test, logoUrl)).headers['content-type']).toBe('image/webp');
    expectRefusal(await remove(owner, logoKey), 409, 'FILE_IN_USE');
    expectRefusal(await change({ logoKey, logoUrl: 'https://cdn.example.com/new.png' }), 400);
    expectRefusal(await change({ logoKey: await keyOf(owner, { tenantId, purpose: 'product' }) }), 400);
    const away = await change({ logoUrl: 'https://cdn.example.com/new.png' });
    expect(away.body.data).toMatchObject({ logoKey: null, logoUrl: 'https://cdn.example.com/new.png' });
    expect((await remove(owner, logoKey)).status).toBe(200);
    const second = await keyOf(owner, { tenantId, purpose: 'logo' });
    await change({ logoKey: second });
    expect((await change({ logoKey: null })).body.data).toMatchObject({ logoKey: null, logoUrl: null });
    expect((await remove(owner, second)).status).toBe(200);
  });
});

describe('an avatar', () => {
  it('is shown by its person, and stays while it is', async () => {
    const [me, other] = [await quickPerson(test, 'me'), await quickPerson(test, 'other')];
    const change = (body: object) => test.call('PATCH', 'auth/me', { token: me.token, body });
    const avatarKey = await keyOf(me, { purpose: 'avatar' });
    const changed = await change({ avatarKey });
    expect(changed.status, changed.text).toBe(200);
    expect(changed.body.data.avatarKey).toBe(avatarKey);
    expect((await fetchFile(test, changed.body.data.avatarUrl)).status).toBe(200);
    expectRefusal(await remove(me, avatarKey), 409, 'FILE_IN_USE');
    expectRefusal(await change({ avatarKey: await keyOf(other, { purpose: 'avatar' }) }), 400);
    const brand = await createBrand(test);
    const member = await quickMember(test, brand.tenantId, 'staff');
    const inBrand = await keyOf(member, { tenantId: brand.tenantId, purpose: 'avatar' });
    const ofMember = (body: object) => test.call('PATCH', 'auth/me', { token: member.token, body });
    expect((await ofMember({ avatarKey: inBrand })).status).toBe(200);
    expect((await ofMember({ avatarKey: await keyOf(member, { purpose: 'avatar' }) })).status).toBe(200);
    expect((await remove(member, inBrand)).status).toBe(200);
    expect((await change({ avatarKey: null, name: 'Nobody' })).body.data).toMatchObject({ avatarUrl: null });
    expect((await remove(me, avatarKey)).status).toBe(200);
    await checkInvariants(sql);
  });
});

describe('erasure', () => {
  it('takes what is a person’s, and leaves what is a brand’s without their name', async () => {
    const brand = await createBrand(test);
    const { tenantId } = brand;
    const staff = await quickMember(test, tenantId, 'staff');
    const avatar = await keyOf(staff, { purpose: 'avatar' });
    await test.call('PATCH', 'auth/me', { token: staff.token, body: { avatarKey: avatar } });
    const proof = await keyOf(staff, { tenantId, purpose: 'proof' });
    const paper = await keyOf(staff, { tenantId, purpose: 'document' });
    const others = await keyOf(brand.owner, { tenantId, purpose: 'proof' });
    const run = COMMANDS['erase-files']?.run as NonNullable<(typeof COMMANDS)[string]>['run'];
    const said = await run(systemCtx(test.deps), [staff.email], {});
    expect(said).toBe('2 files are erased; 1 files of brands have lost their sender.');
    expect(await sql`select key, owner_id from files where tenant_id = ${tenantId} order by created_at`).toMatchObject([
      { key: paper, owner_id: null },
      { key: others, owner_id: brand.owner.userId },
    ]);
    for (const key of [avatar, proof]) expect(await test.deps.storage.stat(key)).toBeNull();
    expect(
      (await readdir(folder, { recursive: true })).filter(
        (name) => name.includes(staff.userId) && name.endsWith('.webp'),
      ),
    ).toEqual([]);
    expect((await test.call('GET', 'auth/me', { token: staff.token })).body.data.avatarUrl).toBeNull();
    await expect(run(systemCtx(test.deps), ['nobody@example.com'], {})).rejects.toThrow('There is no account');
    await checkInvariants(sql);
  });
});

describe('the reconciler', () => {
  const DAY_AGO = new Date(Date.now() - 90_000_000);

  it('removes objects without a file, after a day, and tells of files without an object', async () => {
    const brand = await createBrand(test);
    const { tenantId } = brand;
    const kept = await keyOf(brand.owner, { tenantId, purpose: 'product' });
    const lost = await keyOf(brand.owner, { tenantId, purpose: 'document' });
    const pictures = (await readdir(join(folder, 'public'), { recursive: true })).filter((name) =>
      name.includes(tenantId),
    );
    const plant = async (name: string, at: Date) => {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, 'x');
      await utimes(path, at, at);
    };
    const orphans = [
      `tenants/${tenantId}/document/${kept.slice(-40, -4)}.bin`,
      `incoming/${kept}`,
      `incoming/staged`,
      `public/${kept.slice(0, -4)}.999.webp`,
      `users/${tenantId}/avatar/x.png`,
      kept,
    ];
    for (const name of orphans) await plant(name, DAY_AGO);
    await plant('.unfinished/old', DAY_AGO);
    await plant('incoming/new', new Date());
    for (const name of pictures) await utimes(join(folder, 'public', name), DAY_AGO, DAY_AGO).catch(() => {});
    await rm(join(folder, lost));
    expect(await reconcileFiles(test.deps)).toEqual({ orphans: orphans.length, missing: 1, unfinished: 1 });
    expect(test.logs()).toContain('the object of a file is missing');
    for (const name of orphans) expect(await test.deps.storage.stat(name), name).toBeNull();
    expect(await test.deps.storage.stat('incoming/new')).not.toBeNull();
    const shown = await test.call('GET', `storage/url/${keyPath(kept)}`, { token: brand.owner.token });
    expect((await fetchFile(test, shown.body.data.url)).status).toBe(200);
    expect(await reconcileFiles(test.deps)).toEqual({ orphans: 0, missing: 1, unfinished: 0 });
  });
});
