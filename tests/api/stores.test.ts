import { describe, expect, it } from 'vitest';
import { addMember, type Brand, createBrand, register } from '../support/people.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;

const base = (brand: Brand) => `stores/tenant/${brand.tenantId}`;
const open = (brand: Brand, body: object) => call('POST', base(brand), { token: brand.owner.token, body });

describe('stores', () => {
  it('take what is not said from the brand, and the first is the default', async () => {
    const brand = await createBrand(test, { currency: 'jpy', timezone: 'Asia/Tokyo' });
    const first = await open(brand, { name: 'Café Zürich №1' });
    expect(first.status).toBe(201);
    expect(first.body.data).toMatchObject({
      slug: 'cafe-zurich-no1',
      currency: 'JPY',
      timezone: 'Asia/Tokyo',
      isDefault: true,
      active: true,
    });
    const second = await open(brand, { name: '東京', country: 'jp', address: { city: '東京' } });
    expect(second.body.data).toMatchObject({ isDefault: false, country: 'JP', address: { city: '東京' } });
    expect((await call('GET', `${base(brand)}/default`)).body.data.id).toBe(first.body.data.id);
  });

  it('have a slug of their own in the brand, in any case', async () => {
    const [brand, other] = [await createBrand(test), await createBrand(test)];
    expect((await open(brand, { name: 'A', slug: 'main' })).status).toBe(201);
    expect((await open(brand, { name: 'B', slug: 'MAIN' })).body.error.code).toBe('STORE_SLUG_TAKEN');
    expect((await open(other, { name: 'B', slug: 'main' })).status).toBe(201);
  });

  it.each([
    [{ name: 'X', currency: 'XX' }, 'currency'],
    [{ name: 'X', country: 'XQ' }, 'country'],
    [{ name: 'X', country: 'UK' }, 'country'],
    [{ name: 'X', country: 'ZZ' }, 'country'],
    [{ name: 'X', timezone: 'Nowhere' }, 'timezone'],
    [{ name: 'X', slug: 'a--b' }, 'slug'],
    [{ name: 'X', active: 'yes' }, 'active'],
    [{}, 'name'],
  ])('refuse %j', async (body, field) => {
    const brand = await createBrand(test);
    const answer = await open(brand, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.errors[0].field).toBe(field);
  });

  it('of which the first is inactive are refused: it would be the default', async () => {
    const brand = await createBrand(test);
    const refused = await open(brand, { name: 'Shut', active: false });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'STORE_INACTIVE']);
    expect((await call('GET', base(brand))).body.data).toEqual([]);
    expect((await call('GET', `${base(brand)}/default`)).status).toBe(404);
  });

  it('that are inactive are for the team alone', async () => {
    const brand = await createBrand(test);
    await open(brand, { name: 'Open' });
    await open(brand, { name: 'Shut', active: false });
    const [staff, customer] = [await addMember(test, brand, 'staff'), await register(test)];
    const names = async (token?: string) =>
      (await call('GET', base(brand), { token })).body.data.map(({ name }: any) => name);
    expect(await names()).toEqual(['Open']);
    expect(await names(customer.token)).toEqual(['Open']);
    expect(await names(staff.token)).toEqual(['Open', 'Shut']);
  });

  it('page without a gap while stores are added', async () => {
    const brand = await createBrand(test);
    for (let number = 0; number < 5; number += 1) await open(brand, { name: `Store ${number}` });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await call('GET', `${base(brand)}?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(page.body.meta.limit).toBe(2);
      seen.push(...page.body.data.map(({ name }: any) => name));
      if (seen.length === 2) await open(brand, { name: 'Store 5' });
      cursor = page.body.meta.nextCursor;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5].map((number) => `Store ${number}`));
  });
});

describe('the default store', () => {
  it('moves, and cannot be deleted or deactivated', async () => {
    const brand = await createBrand(test);
    const [a, b] = [await open(brand, { name: 'A' }), await open(brand, { name: 'B' })].map(({ body }) => body.data.id);
    const { token } = brand.owner;
    const moved = await call('POST', `${base(brand)}/${b}/default`, { token });
    expect(moved.body.data).toMatchObject({ id: b, isDefault: true });
    const refusals = [
      await call('DELETE', `${base(brand)}/${b}`, { token }),
      await call('PATCH', `${base(brand)}/${b}`, { token, body: { active: false } }),
    ];
    expect(refusals.map(({ body }) => body.error.code)).toEqual(['DEFAULT_STORE', 'DEFAULT_STORE']);
    await call('PATCH', `${base(brand)}/${a}`, { token, body: { active: false } });
    expect((await call('POST', `${base(brand)}/${a}/default`, { token })).body.error.code).toBe('STORE_INACTIVE');
    expect((await call('DELETE', `${base(brand)}/${a}`, { token })).status).toBe(200);
    expect((await call('DELETE', `${base(brand)}/${a}`, { token })).status).toBe(404);
  });

  it('is exactly one at every moment, however many move, make, shut and delete at once', async () => {
    const brand = await createBrand(test);
    const { token } = brand.owner;
    const made = await Promise.all(Array.from({ length: 6 }, (_, number) => open(brand, { name: `S${number}` })));
    const ids = made.map(({ body }) => body.data.id);
    expect(made.filter(({ body }) => body.data.isDefault)).toHaveLength(1);

    let busy = true;
    const counts: number[] = [];
    const watch = (async () => {
      while (busy) {
        const { body } = await call('GET', `${base(brand)}?limit=100`, { token });
        counts.push(body.data.filter(({ isDefault }: any) => isDefault).length);
      }
    })();
    const acts = ids.flatMap((id, number) => [
      call('POST', `${base(brand)}/${id}/default`, { token }),
      call('PATCH', `${base(brand)}/${id}`, { token, body: { active: number % 2 === 0 } }),
      call('DELETE', `${base(brand)}/${ids[(number + 3) % 6]}`, { token }),
      call('POST', `${base(brand)}/${ids[(number + 1) % 6]}/default`, { token }),
    ]);
    const statuses = (await Promise.all(acts)).map(({ status }) => status);
    busy = false;
    await watch;
    expect(
      statuses.every((status) => [200, 404, 409].includes(status)),
      statuses.join(),
    ).toBe(true);
    expect(new Set(counts)).toEqual(new Set([1]));
    const last = await call('GET', `${base(brand)}/default`);
    expect(last.body.data).toMatchObject({ isDefault: true, active: true });
  });
});
