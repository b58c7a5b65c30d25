import { describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { addMember, type Brand, createBrand } from '../support/people.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { call } = test;
const { sql } = openRows(test.url);

const BEANS = { name: 'Espresso beans', price: { amount: 2490, currency: 'eur' }, status: 'active' };

function save({ owner, tenantId }: Brand, body: object, headers: Record<string, string> = {}) {
  const call = { token: owner.token, body: { ...BEANS, ...body }, headers: { 'x-tenant-id': tenantId, ...headers } };
  return test.call('POST', 'tenants/brand/products', call);
}

const list = (brand: Brand, query = '') => call('GET', `tenants/${brand.tenantId}/products?${query}`);
const names = async (brand: Brand, query: string) => (await list(brand, query)).body.data.map(({ name }: any) => name);

describe('saving a product', () => {
  it('makes one, and changes it by id or externalId; what is not given stays', async () => {
    const brand = await createBrand(test);
    const made = await save(brand, { externalId: 'erp-1', sku: 'ESP', stock: 5, metadata: { origin: 'Huila' } });
    expect(made.status, made.text).toBe(201);
    const { id } = made.body.data;
    expect(made.body.data).toMatchObject({
      price: { amount: 2490, currency: 'EUR' },
      stock: 5,
      type: 'physical',
      version: 1,
    });
    const byExternalId = await save(brand, { externalId: 'erp-1', name: 'Beans' });
    expect([byExternalId.status, byExternalId.body.data.id]).toEqual([200, id]);
    expect(byExternalId.body.data).toMatchObject({ name: 'Beans', sku: 'ESP', stock: 5, version: 2 });
    const byId = await save(brand, { id, stock: null, sku: null });
    expect(byId.body.data).toMatchObject({ stock: null, sku: null, metadata: { origin: 'Huila' }, version: 3 });
    const events = await sql`select type, sequence::int from events where object_id = ${id} order by position`;
    expect(events.map(({ type, sequence }) => `${sequence} ${type}`)).toEqual([
      '1 product.created',
      '2 product.updated',
      '3 product.updated',
    ]);
  });

  it('makes one with the id given where there is none, and never touches another brand', async () => {
    const [mine, other] = [await createBrand(test), await createBrand(test)];
    const { id } = (await save(other, {})).body.data;
    const made = await save(mine, { id, name: 'Mine' });
    expect([made.status, made.body.data.id, made.body.data.tenantId]).toEqual([201, id, mine.tenantId]);
    expect((await call('GET', `tenants/${other.tenantId}/products/${id}`)).body.data.name).toBe('Espresso beans');
    expect((await save(mine, { id: newId() })).status).toBe(201);
  });

  it('refuses a SKU or externalId that another one has', async () => {
    const [brand, other] = [await createBrand(test), await createBrand(test)];
    const { id } = (await save(brand, { externalId: 'a', sku: 'one' })).body.data;
    await save(brand, { externalId: 'b', sku: 'two' });
    expectRefusal(await save(brand, { externalId: 'c', sku: 'one' }), 409, 'SKU_TAKEN');
    expectRefusal(await save(brand, { id, externalId: 'b' }), 409, 'EXTERNAL_ID_TAKEN');
    expect((await save(other, { externalId: 'a', sku: 'one' })).status).toBe(201);
  });

  it('fifty times at once under one externalId makes one', async () => {
    const brand = await createBrand(test);
    const answers = await Promise.all(Array.from({ length: 50 }, () => save(brand, { externalId: 'same' })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(49);
    const [{ version } = {}] = await sql`select version from products where tenant_id = ${brand.tenantId}`;
    // The others said what was there already.
    expect(version).toBe(1);
  });

  it('is conditional on the version that the client read', async () => {
    const brand = await createBrand(test);
    const { id } = (await save(brand, { externalId: 'a' })).body.data;
    const path = `tenants/${brand.tenantId}/products/${id}`;
    const { etag } = (await call('GET', path)).headers;
    expect((await call('GET', path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const both = await Promise.all([
      save(brand, { id, stock: 1 }, { 'if-match': etag }),
      save(brand, { id, stock: 2 }, { 'if-match': etag }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expectRefusal(await save(brand, { id }, { 'if-match': etag }), 412, 'PRECONDITION_FAILED');
    expectRefusal(await save(brand, { externalId: 'new' }, { 'if-match': '*' }), 412, 'PRECONDITION_FAILED');
    expect((await save(brand, { id }, { 'if-match': '*' })).status).toBe(200);
  });

  it('is for admins and for keys that may write', async () => {
    const brand = await createBrand(test);
    const staff = await addMember(test, brand, 'staff');
    const { token } = await quickPerson(test);
    const headers = { 'x-tenant-id': brand.tenantId };
    const post = (bearer: string) => call('POST', 'tenants/brand/products', { token: bearer, body: BEANS, headers });
    expectRefusal(await post(staff.token), 403, 'FORBIDDEN');
    expectRefusal(await post(token), 404);
    const key = async (scopes: string[]) => {
      const made = await call('POST', 'auth/api-keys', { token: brand.owner.token, body: { name: 'k', scopes } });
      return made.body.data.key;
    };
    expectRefusal(await post(await key(['read'])), 403, 'INSUFFICIENT_SCOPE');
    expect((await post(await key(['write']))).body.data.tenantId).toBe(brand.tenantId);
  });

  it.each([
    [{ price: { amount: -1, currency: 'EUR' } }, 'price.amount'],
    [{ price: { amount: 0.1, currency: 'EUR' } }, 'price.amount'],
    [{ price: { amount: 1e21, currency: 'EUR' } }, 'price.amount'],
    [{ price: { amount: 2 ** 53, currency: 'EUR' } }, 'price.amount'],
    [{ price: { amount: '10', currency: 'EUR' } }, 'price.amount'],
    [{ price: { amount: null, currency: 'EUR' } }, 'price.amount'],
    [{ price: { amount: 1005, currency: 'KWD' } }, 'price.amount'],
    [{ price: { amount: 10, currency: 'XYZ' } }, 'price.currency'],
    [{ stock: -1 }, 'stock'],
    [{ stock: 1.5 }, 'stock'],
    [{ status: 'sold' }, 'status'],
    [{ tierIds: ['019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071'] }, 'tierIds.0'],
    [{ metadata: { text: 'x'.repeat(9000) } }, 'metadata'],
  ])('refuses %j', async (change, field) => {
    const answer = await save(await createBrand(test), change);
    expectRefusal(answer, 400, 'VALIDATION_ERROR');
    expect(answer.body.error.errors[0].field).toBe(field);
  });

  it('takes what currencies of no and of three decimals are charged in', async () => {
    const brand = await createBrand(test);
    for (const price of [
      { amount: 0, currency: 'EUR' },
      { amount: 1, currency: 'JPY' },
      { amount: 1500, currency: 'KWD' },
    ]) {
      expect((await save(brand, { price })).body.data.price).toEqual(price);
    }
  });
});

describe('the catalogue', () => {
  it('shows what is active to everybody, and the rest to the team alone', async () => {
    const brand = await createBrand(test);
    await save(brand, { name: 'Active' });
    const { id } = (await save(brand, { name: 'Draft', status: 'draft' })).body.data;
    await save(brand, { name: 'Archived', status: 'archived' });
    expect(await names(brand, '')).toEqual(['Active']);
    const path = `tenants/${brand.tenantId}/products/${id}`;
    expect((await call('GET', path)).status).toBe(404);
    const own = await call('GET', path, { token: brand.owner.token });
    expect([own.status, own.headers['cache-control']]).toEqual([200, 'private, no-cache']);
  });

  it('is searched by words and their beginnings, in any case and spelling', async () => {
    const [brand, other] = [await createBrand(test), await createBrand(test)];
    await save(brand, { name: 'Café Crème №1', sku: 'ESP-1000' });
    await save(brand, { name: 'Filter', description: 'For café lovers: 東京 paper' });
    await save(other, { name: 'Café elsewhere' });
    expect(await names(brand, 'q=caf')).toEqual(['Café Crème №1', 'Filter']);
    expect(await names(brand, `q=${encodeURIComponent('CRÈME café')}`)).toEqual(['Café Crème №1']);
    expect(await names(brand, `q=${encodeURIComponent('Cafe\u0301 cre\u0300me')}`)).toEqual(['Café Crème №1']);
    expect(await names(brand, 'q=1000')).toEqual(['Café Crème №1']);
    expect(await names(brand, `q=${encodeURIComponent('東京')}`)).toEqual(['Filter']);
    expect(await names(brand, `q=${brand.tenantId.slice(0, 8)}`)).toEqual([]);
    for (const odd of ["' | 'x", '!caf', '%', 'a:*&b', '\\', '((']) {
      expect((await list(brand, `q=${encodeURIComponent(odd)}`)).status, odd).toBe(200);
    }
  });

  it('finds a product by its new words after a change', async () => {
    const brand = await createBrand(test);
    const { id } = (await save(brand, { name: 'Old words', description: 'kept' })).body.data;
    await save(brand, { id, name: 'New words' });
    expect(await names(brand, 'q=old')).toEqual([]);
    expect(await names(brand, 'q=new%20kept')).toEqual(['New words']);
  });

  it('pages stably while products are added', async () => {
    const brand = await createBrand(test);
    for (const name of ['A', 'B', 'C']) await save(brand, { name });
    const first = await list(brand, 'limit=2');
    await save(brand, { name: 'D' });
    const next = await list(brand, `limit=2&cursor=${first.body.meta.nextCursor}`);
    expect([...first.body.data, ...next.body.data].map(({ name }: any) => name)).toEqual(['A', 'B', 'C', 'D']);
  });
});

describe('what somebody owns', () => {
  it('is listed newest first with its source, without what was taken back', async () => {
    const brand = await createBrand(test);
    const { id } = (await save(brand, {})).body.data;
    const { token, userId } = await quickPerson(test);
    const own = (source: string, day: number, takenBack: string | null) => sql`
      insert into owned_products (tenant_id, id, user_id, product_id, quantity, source, source_id, acquired_at, taken_back_at)
      values (${brand.tenantId}, uuidv7(), ${userId}, ${id}, 2, ${source}, uuidv7(), ${`2026-11-0${day}`}, ${takenBack})`;
    await own('grant', 1, null);
    await own('payment', 2, null);
    await own('quest', 3, '2026-11-04');
    const answer = await call('GET', `tenants/${brand.tenantId}/user/products`, { token });
    expect(answer.body.data).toMatchObject([{ source: 'payment', quantity: 2, product: { id } }, { source: 'grant' }]);
    expect(answer.body.data).toHaveLength(2);
  });
});
